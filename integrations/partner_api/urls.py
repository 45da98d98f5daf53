"""Mounted at /api/v1/, after every other list of addresses there: its last entry answers all that is left."""

from __future__ import annotations

from django.urls import path, re_path

from . import books, documentation, push, views

urlpatterns = [
    path("jobs", views.JobList.as_view(), name="partner-api-jobs"),
    path("jobs/<slug:key>", views.JobDetail.as_view(), name="partner-api-job"),
    path("jobs/<slug:key>/records", push.PushRecords.as_view(), name="partner-api-push"),
    path("jobs/<slug:key>/again", views.RunAgain.as_view(), name="partner-api-again"),
    path("runs", views.RunList.as_view(), name="partner-api-runs"),
    path("runs/<int:pk>", views.RunDetail.as_view(), name="partner-api-run"),
    path("records", views.RecordList.as_view(), name="partner-api-records"),
    path("records/<int:pk>", views.RecordDetail.as_view(), name="partner-api-record"),
    path("errors", views.ErrorList.as_view(), name="partner-api-errors"),
    path("errors/<int:pk>", views.ErrorDetail.as_view(), name="partner-api-error"),
    path("errors/<int:pk>/retry", views.RetryError.as_view(), name="partner-api-retry"),
    *(
        path(f"books/{shelf}", view.as_view(), name=f"partner-api-books-{shelf}")
        for shelf, view in books.VIEWS.items()
    ),
    path("schema", documentation.schema, name="partner-api-schema"),
    path("docs", documentation.try_it, name="partner-api-docs"),
    re_path(r"^(?P<rest>.*)$", documentation.nothing_here),
]
