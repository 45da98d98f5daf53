"""The address is a connection's own and cannot be guessed."""

from __future__ import annotations

from django.urls import path

from .receive import receive

MOUNTED_AT = "hooks/"

urlpatterns = [path("<slug:address>", receive, name="webhook")]
