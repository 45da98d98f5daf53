"""Owners of fields on one page: by kind of record, with the jobs that write each field where."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.configuration.check import owner_problems
from integrations.configuration.owners import save
from integrations.configuration.plain import Plain
from integrations.models import Connection
from mappings.models import FieldOwner, WhenItDiffers
from mappings.owners import ANYONE, OWNER
from mappings.records import RECORD_KINDS

from .frame import PortalAdmin
from .owner_matrix import kinds

OWNER_OF, RULE_OF, FIRST_OF = "owner:", "rule:", "first:"


@admin.register(FieldOwner)
class FieldOwnerAdmin(PortalAdmin):
    """The list is the page where all of it is seen and changed; rows have no page of their own but their history."""

    empty_title = "No fields to own yet"
    empty_text = (
        "Make a job first: the fields that its mappings carry are then listed here, each with its owner."
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        told: Plain = {}
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            kind = request.POST.get("kind", "")
            told = _told(request)
            problems = _problems(kind, told)
            if not problems:
                return self._save(request, kind, told)
            for problem in problems:
                messages.error(request, problem)
        context = {
            "kinds": kinds(),
            "systems": list(Connection.objects.values_list("key", "name").order_by("name")),
            "rules": WhenItDiffers.choices,
            "may_change": self.has_change_permission(request),
            "told": told,
            "empty_title": self.empty_title,
            "empty_text": self.empty_text,
        }
        return self.page(request, "admin/mappings/fieldowner/matrix.html", "Owners of fields", **context)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> HttpResponse:
        row = self.object_for(request, object_id, "view")
        return self.done_quietly(f"{reverse('admin:mappings_fieldowner_changelist')}#{row.kind}")

    @staticmethod
    def done_quietly(url: str) -> HttpResponse:
        return HttpResponse(status=302, headers={"Location": url})

    def _save(self, request: HttpRequest, kind: str, told: Plain) -> HttpResponse:
        before = dict(FieldOwner.objects.filter(kind=kind).values_list("field", "owner"))
        save(kind, told, f"by {request.user.get_username()}")
        for row in FieldOwner.objects.filter(kind=kind):
            if before.get(row.field) != row.owner:
                self.log_change(request, row, f"Owner: {before.get(row.field, 'nobody')} → {row.owner}.")
        back = f"{reverse('admin:mappings_fieldowner_changelist')}#{kind}"
        return self.done(
            request, "The owners are kept. What jobs write follows them from the next record on.", back
        )


def _told(request: HttpRequest) -> Plain:
    """field → owner and rule, of the fields for which a system was chosen."""
    found: Plain = {}
    for name, value in request.POST.items():
        if name.startswith(OWNER_OF) and value:
            field = name.removeprefix(OWNER_OF)
            found[field] = {
                "owner": value,
                "when_it_differs": request.POST.get(f"{RULE_OF}{field}", OWNER),
                "first_value": ANYONE if f"{FIRST_OF}{field}" in request.POST else OWNER,
            }
    field, owner = request.POST.get("new_field", "").strip(), request.POST.get("new_owner", "")
    if field and owner:
        found[field] = {"owner": owner, "when_it_differs": OWNER, "first_value": OWNER}
    return found


def _problems(kind: str, told: Plain) -> list[str]:
    if kind not in RECORD_KINDS:
        return ["There is no such kind of record."]
    return [f"{field}: {reason}" if field else reason for field, reason in owner_problems(kind, told)]
