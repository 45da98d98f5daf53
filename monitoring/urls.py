"""Mounted at the root, before the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from monitoring import dashboard_pages, sales_page, views
from monitoring.journey import pages as journeys
from monitoring.systems import views as systems

urlpatterns = [
    path("livez", views.livez, name="livez"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("admin/systems/", admin.site.admin_view(systems.page), name="systems"),
    path("admin/systems/map/", admin.site.admin_view(systems.drawing), name="systems_map"),
    path("admin/sales/", admin.site.admin_view(sales_page.page), name="sales"),
    path("admin/find/", admin.site.admin_view(journeys.search), name="find"),
    path("admin/find/palette/", admin.site.admin_view(journeys.palette), name="find_palette"),
    path("admin/journey/<int:thing_id>/", admin.site.admin_view(journeys.journey), name="journey"),
    path("admin/today/now/", admin.site.admin_view(dashboard_pages.now), name="today_now"),
    path("admin/today/numbers/", admin.site.admin_view(dashboard_pages.numbers), name="today_numbers"),
    path(
        "admin/dashboard/workflow/<int:pk>/",
        admin.site.admin_view(dashboard_pages.of_one_workflow),
        name="workflow_dashboard",
    ),
    path(
        "admin/dashboard/connection/<int:pk>/",
        admin.site.admin_view(dashboard_pages.of_one_connection),
        name="connection_dashboard",
    ),
]
