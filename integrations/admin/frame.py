"""What all pages of the portal's admin have in common. The only module here that knows unfold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from unfold.decorators import action as unfold_action
from unfold.decorators import display as unfold_display
from unfold.forms import BaseDialogForm

from integrations.configuration import history
from integrations.templatetags import sidebar

from . import widgets
from .paging import CappedPaginator
from .stuck_money import InCurrency

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyTabularInline = admin.TabularInline[Any, Any]
    DialogBase = forms.Form
    UnfoldChangeList = ChangeList
else:
    from unfold.admin import ModelAdmin as AnyModelAdmin
    from unfold.admin import TabularInline as AnyTabularInline
    from unfold.views import ChangeList as UnfoldChangeList

    DialogBase = BaseDialogForm

Method = TypeVar("Method", bound=Callable[..., Any])

TEXT_ROWS = 4


class DialogForm(DialogBase):
    """The form inside a dialog. Its action runs only on a POST that carries it, with the CSRF token."""

    if TYPE_CHECKING:
        request: HttpRequest
        object_id: str | None


# Of what a column of ours holds.
LARGEST = 2**63 - 1


class PortalChangeList(UnfoldChangeList):
    """Counts once. unfold compares with the count of the whole table, which is not asked for here."""

    # What the rows of the list are worth, by currency.
    money: Sequence[InCurrency] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.is_popup:
            # Instead of "Select sync job to change": the name of the window's tab.
            here = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
            name = sidebar.title_of(here) or str(self.opts.verbose_name_plural)
            self.title = name[:1].upper() + name[1:]

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        """A number in the address that no column can hold names no row: as all that cannot be looked up."""
        asked = [str(value) for name, value in request.GET.items() if name != SEARCH_VAR]
        if any(value.isdecimal() and int(value) > LARGEST for value in asked):
            raise IncorrectLookupParameters
        return super().get_queryset(request, exclude_parameters)

    @property
    def money_column(self) -> int | None:
        """The place of the column of money, where the list has one that is sorted currency by currency."""
        name = cast(PortalAdmin, self.model_admin).money_column
        return list(self.list_display).index(name) if name in self.list_display else None

    def get_ordering(self, request: HttpRequest, queryset: Any) -> Any:
        found = super().get_ordering(request, queryset)
        if self.money_column is None:
            return found
        of = cast(PortalAdmin, self.model_admin)
        self.money = of.money_of(request, queryset)
        place = getattr(of, of.money_column).admin_order_field
        turned = {place: False, f"-{place}": True}
        return [
            one
            for name in found
            for one in (of.by_money(self.money, turned[name]) if name in turned else [name])
        ]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


@dataclass(frozen=True)
class Crumb:
    """Stands for a row in the page's path, under a shorter name."""

    row: Model
    name: str

    @property
    def pk(self) -> Any:
        return self.row.pk

    @property
    def _meta(self) -> Any:
        return self.row._meta

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class QuickView:
    """A link above a list: one click instead of a filter."""

    label: str
    query: str


def action(
    description: str,
    *,
    permissions: Sequence[str],
    title: str,
    text: str,
    button: str,
    form: type[DialogForm] | None = None,
    icon: str = "",
    url_path: str | None = None,
) -> Callable[[Method], Method]:
    """An action of one row or page that changes something: never without a dialog and a permission.

    unfold runs an action without a dialog on GET, and one without permissions for anyone on the staff.
    """
    if not permissions:
        raise ValueError(f"The action {description!r} needs a permission.")
    dialog = {"title": title, "description": text, "form_submit_text": button, "form_class": form}
    decorated = unfold_action(
        description=description,
        permissions=list(permissions),
        dialog=dialog,
        icon=icon or None,
        url_path=url_path,
    )

    def decorate(method: Method) -> Method:
        answer = decorated(method)

        @wraps(answer)
        def run(self: PortalAdmin, request: HttpRequest, *args: Any, **found: Any) -> HttpResponse:
            response: HttpResponse = answer(self, request, *args, **found)
            if request.headers.get("HX-Request") or response.status_code != 200:
                return response
            return self.dialog_page(
                request, title, response.content.decode(), str(found.get("object_id", ""))
            )

        return cast(Method, run)

    return decorate


def display(description: str, *, most_first: bool = False, **options: Any) -> Callable[[Method], Method]:
    """`most_first`: the first press on the column's name sorts downwards."""

    def decorate(method: Method) -> Method:
        shown = cast(Method, unfold_display(description=description, **options)(method))
        shown.most_first = most_first  # type: ignore[attr-defined]
        return shown

    return decorate


class PortalAdmin(AnyModelAdmin):
    """Lists that stay fast with a million rows, actions that check the object, pages without surprises."""

    list_per_page = 50
    show_full_result_count = False
    # A count beside each answer is one more count of the whole table.
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_before_template = "admin/list_head.html"
    quick_views: Sequence[QuickView] = ()
    # What the history of a row does not tell, if anything.
    history_about = ""
    # What its rows are called below the list, one and several; "" for the model's own words.
    row_names = ("", "")
    # The dash of all other tables.
    empty_value_display = "–"
    # What an empty list says.
    empty_title = ""
    empty_text = ""
    # What the button says that adds one; "" for Django's words.
    add_label = ""
    # Whether a row is made beside the field of another page. What takes several steps is not.
    is_added_in_popups = True
    compressed_fields = True
    warn_unsaved_form = True
    list_filter_sheet = True
    # Columns that the form fills without having a field of the same name.
    written_with_form: Sequence[str] = ()
    # The column that is sorted currency by currency, if there is one.
    money_column = ""
    # Field lookups that a link may narrow the list by, and how that is said: "run": "Run".
    narrowed_by: dict[str, str] = {}

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return PortalChangeList

    def money_of(self, request: HttpRequest, rows: Any) -> list[InCurrency]:
        """What these rows of the list are worth. For lists with a `money_column`."""
        raise NotImplementedError

    def by_money(self, money: Sequence[InCurrency], descending: bool) -> list[Any]:
        """The list's order by that column: sums of several currencies are never compared."""
        raise NotImplementedError

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in self.narrowed_by or super().lookup_allowed(lookup, value, cast(HttpRequest, request))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None and isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = TEXT_ROWS
        related = self.admin_site._registry.get(db_field.related_model) if db_field.is_relation else None
        if field is not None and not getattr(related, "is_added_in_popups", True):
            field.widget.can_add_related = False
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Boxes: Django's list of two halves is hard to use on a phone, and by keyboard anywhere."""
        options.setdefault("widget", widgets.boxes(str(db_field.verbose_name).capitalize()))
        return super().formfield_for_manytomany(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Writes what the form holds and nothing else: workers move the row's other columns meanwhile."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        shown = {*form.fields, *self.written_with_form}
        columns = [
            field.name
            for field in self.opts.concrete_fields
            if not field.primary_key and (field.name in shown or getattr(field, "auto_now", False))
        ]
        obj.save(update_fields=columns)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What the form found to be allowed, and perhaps not meant, is told beside the success."""
        super().save_related(request, form, formsets, change)
        for note in getattr(form, "notes", ()):
            messages.warning(request, note)
        for sentence in getattr(form, "news", ()):
            messages.info(request, sentence)

    def object_for(self, request: HttpRequest, object_id: str, permission: str) -> Any:
        """The row, if this user may do this to it. Raises Http404 and PermissionDenied."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(f"There is no {self.opts.verbose_name} {object_id}.")
        if not getattr(self, f"has_{permission}_permission")(request, row):
            raise PermissionDenied
        return row

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        offered: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]  # unfold's
        return offered

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Also what came by a configuration file: Django's own page knows only what was done in the admin."""
        if not hasattr(self.model, "history"):
            return super().history_view(request, object_id, extra_context)
        row = self.object_for(request, object_id, "view")
        shown = {**history.page_of(row), "deeds": history.deeds_of(row), "about": self.history_about}
        crumb = Crumb(row, str(row))
        return self.page(request, "admin/history.html", f"History: {row}", original=crumb, **shown)

    @staticmethod
    def person(request: HttpRequest) -> User:
        """Who is signed in: nobody else comes as far as a page of the admin."""
        return cast(User, request.user)

    def done(
        self, request: HttpRequest, sentence: str, url: str, level: int = messages.SUCCESS
    ) -> HttpResponse:
        """Ends an action: the sentence is shown on the page that comes next."""
        messages.add_message(request, level, sentence)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return redirect(url)

    def dialog_page(self, request: HttpRequest, title: str, dialog: str, object_id: str) -> TemplateResponse:
        """A dialog that was opened in a tab of its own, where no page is around it."""
        row = self.get_object(request, object_id)
        return self.page(
            request,
            "admin/dialog_page.html",
            title,
            dialog=mark_safe(dialog),  # noqa: S308  # rendered by a template of ours
            asks='id="dialog"' in dialog,
            back=reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id]),
            original=Crumb(row, str(getattr(row, "subject", "") or row)) if row is not None else None,
        )

    def page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        """A page of our own inside the admin's frame."""
        request.current_app = self.admin_site.name
        frame = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "media": self.media,
        }
        return TemplateResponse(request, template, frame | context)


class FactsAdmin(PortalAdmin):
    """Facts are read here and changed nowhere: no adding, no editing, no deleting."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class FactsInline(AnyTabularInline):
    """Rows of facts below another page."""

    extra = 0
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
