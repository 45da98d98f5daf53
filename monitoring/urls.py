"""Mounted at the root, before the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from monitoring import sales_page, views

urlpatterns = [
    path("livez", views.livez, name="livez"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("admin/sales/", admin.site.admin_view(sales_page.page), name="sales"),
    path("admin/today/now/", admin.site.admin_view(views.now), name="today_now"),
    path("admin/today/numbers/", admin.site.admin_view(views.numbers), name="today_numbers"),
]
