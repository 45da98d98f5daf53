"""A workflow's document: a page that can be printed, and the same as Markdown."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.configuration.document.contents import document_of
from integrations.configuration.document.markdown import as_markdown
from integrations.models import Workflow

from .frame import Crumb, PortalAdmin

# It tells what all of these pages tell.
NEEDED = (
    "integrations.view_workflow",
    "integrations.view_syncjob",
    "integrations.view_connection",
    "mappings.view_mapping",
)


def may_read(request: HttpRequest) -> bool:
    return request.user.has_perms(NEEDED)


def page_view(page: PortalAdmin, request: HttpRequest, workflow: Workflow) -> HttpResponse:
    _allow(request)
    document = document_of(workflow)
    return page.page(
        request,
        "admin/integrations/workflow/document.html",
        f"{workflow.name}, documented",
        original=Crumb(workflow, workflow.name),
        document=document,
        markdown_url=reverse("admin:integrations_workflow_markdown", args=[workflow.pk]),
    )


def markdown_view(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    _allow(request)
    name = f'attachment; filename="{workflow.key}.md"'
    text = as_markdown(document_of(workflow))
    return HttpResponse(
        text, content_type="text/markdown; charset=utf-8", headers={"Content-Disposition": name}
    )


def _allow(request: HttpRequest) -> None:
    if not may_read(request):
        raise PermissionDenied
