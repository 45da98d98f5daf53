"""Where each part is reached. A part that brings its own addresses is one line here."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from integrations.webhooks import urls as webhooks

# The admin's own login form knows neither limits nor a second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("", include("monitoring.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path(webhooks.MOUNTED_AT, include(webhooks)),
    path("api/v1/", include("monitoring.api.urls")),
    path("api/v1/", include("integrations.partner_api.urls")),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.fault"
