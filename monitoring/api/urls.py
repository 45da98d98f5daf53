"""Mounted at /api/v1/, before the addresses of `integrations.partner_api`."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("metrics", views.Metrics.as_view(), name="partner-api-metrics"),
    path("metrics/accuracy", views.AccuracyOverTime.as_view(), name="partner-api-accuracy"),
]
