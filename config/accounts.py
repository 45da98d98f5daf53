"""Who may have an account: those whom an administrator gave one."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth brings no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
