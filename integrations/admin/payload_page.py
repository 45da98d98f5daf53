"""“Edit the record and retry”: its fields as a form, what changed and what comes of it, and only then the sending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from integrations.models import ErrorRecord
from integrations.sync import mended, payload_edits, retry
from integrations.sync.blamed import blamed
from integrations.sync.payload_edits import Path
from integrations.sync.tried_edit import try_edit
from mappings.compared import Differing
from mappings.records import ABSENT

from .connection_form import as_json
from .frame import Crumb, PortalAdmin
from .halts import standing
from .payload_draft import LONGEST_JSON, Draft, begin, newest_seen, read_draft, seen_of
from .payload_fields import Field, Group, field_for, groups_of, matches, said

AT_ONCE: Final = 100
# From so many on there is a search.
MANY: Final = 12
SHOWN_FIELDS: Final = 50
EDIT_PAGE: Final = "admin/integrations/errorrecord/edit.html"
CHECK_PAGE: Final = "admin/integrations/errorrecord/check.html"
NOTHING: Final = "You changed nothing yet. Change a field, or cancel and press Retry to send it as it is."

# What is looked for on the form; nothing is asked to be sent.
LOOKS: Final = ("find", "page", "change")
UNDER_WAY: Final = "It is on its way already. Wait for how that ends before you edit it once more."
NOT_TAKEN: Final = (
    "It is on its way already: this edit was not taken. Wait for how that ends. What you wrote stays on this page "
    "until you leave it."
)


@dataclass(frozen=True)
class Asked:
    """What the form was asked to do, by which button."""

    deed: str
    words: str
    start: int


def edit_payload(model_admin: PortalAdmin, request: HttpRequest, error: ErrorRecord) -> HttpResponse:
    """Sends on POST alone, and only what was seen on the page before."""
    if request.method != "POST":
        begun = begin(error)
        if _is_under_way(error):
            begun.notes.append(_way_of(error, UNDER_WAY))
        return _form(model_admin, request, error, begun, Asked("", "", 0))
    draft = read_draft(error, request.POST.dict())
    asked = _asked(request)
    if _is_under_way(error):
        draft.notes.insert(0, _way_of(error, UNDER_WAY if asked.deed in LOOKS else NOT_TAKEN))
        return _form(model_admin, request, error, draft, asked)
    if draft.changed_meanwhile:
        draft.notes.insert(0, _who_changed(error))
    if asked.deed in LOOKS or not draft.is_good:
        return _form(model_admin, request, error, draft, asked)
    if not draft.edits:
        draft.notes.append(NOTHING)
        return _form(model_admin, request, error, draft, asked)
    refused = mended.why_not(error, draft.made())
    if refused:
        draft.notes.append(refused)
        return _form(model_admin, request, error, draft, asked)
    if asked.deed == "send" and not draft.changed_meanwhile:
        return _send(model_admin, request, error, draft, asked)
    return _check(model_admin, request, error, draft, asked)


def _is_under_way(error: ErrorRecord) -> bool:
    return error.delivery is not None and error.delivery.state in retry.UNDER_WAY


def _way_of(error: ErrorRecord, sentence: str) -> str:
    stands = standing(error.job)
    return format_html("{} {}: it goes when the job is resumed.", sentence, stands) if stands else sentence


def _asked(request: HttpRequest) -> Asked:
    """Enter in the search presses the form's first button: it then means the search."""
    deed, _, number = request.POST.get("do", "").partition(":")
    words = request.POST.get("find", "").strip()
    if not deed and words != request.POST.get("found", "").strip():
        deed = "find"
    start = int(number) if number.isascii() and number.isdigit() and len(number) < 8 else 0
    return Asked(deed, words, start)


def _who_changed(error: ErrorRecord) -> str:
    last = error.judgements.filter(pk=retry.newest_edit(error)).select_related("by").first()
    who = f" {last.by} was the last to edit it here." if last is not None and last.by is not None else ""
    return (
        f"The record changed since you began.{who} Your changes stand on the newest now: look at them again."
    )


def _send(
    model_admin: PortalAdmin, request: HttpRequest, error: ErrorRecord, draft: Draft, asked: Asked
) -> HttpResponse:
    try:
        retry.retry_with_payload(
            error, draft.made(), model_admin.person(request), newest_seen(request.POST.dict())
        )
    except retry.NotPossible as reason:
        draft.notes.append(f"{reason} What you wrote is kept on this page until you leave it.")
        return _form(model_admin, request, error, draft, asked)
    if stands := standing(error.job):
        told = format_html("The edited record is queued. {}: it goes when the job is resumed.", stands)
        return model_admin.done(request, told, _back(error), messages.WARNING)
    return model_admin.done(request, "The edited record is on its way.", _back(error), messages.SUCCESS)


def _back(error: ErrorRecord) -> str:
    return reverse("admin:integrations_errorrecord_change", args=[error.pk])


def _page(
    model_admin: PortalAdmin, request: HttpRequest, error: ErrorRecord, draft: Draft, **shown: Any
) -> HttpResponse:
    return model_admin.page(
        request,
        shown.pop("template"),
        "Edit the record and retry",
        error=error,
        draft=draft,
        carried=draft.carried(),
        seen=seen_of(error),
        back=_back(error),
        original=Crumb(error, error.subject or "Error"),
        **shown,
    )


# --- the fields -----------------------------------------------------------------------------------------------------


def _form(
    model_admin: PortalAdmin, request: HttpRequest, error: ErrorRecord, draft: Draft, asked: Asked
) -> HttpResponse:
    leaves = list(payload_edits.leaves(draft.payload))
    words = asked.words.casefold().split()
    found = [leaf.path for leaf in leaves if matches(leaf, words)]
    start = min(asked.start, max(0, len(found) - 1) // AT_ONCE * AT_ONCE)
    here = found[start : start + AT_ONCE]
    at_fault = _fields(draft, blamed(error))
    for one in at_fault:
        one.is_blamed = True
    above = {one.path for one in at_fault}
    elsewhere = [path for path in [*draft.edits, *draft.wrong] if path not in above and path not in here]
    changed = _fields(draft, list(dict.fromkeys(elsewhere)))
    groups = groups_of(_fields(draft, [path for path in here if path not in above]))
    _focus(at_fault, changed, groups)
    json_text = draft.json_text or draft.shown_json()
    return _page(
        model_admin,
        request,
        error,
        draft,
        template=EDIT_PAGE,
        at_fault=at_fault,
        changed=changed,
        groups=groups,
        changes=draft.changes(),
        number=len(leaves),
        found=len(found),
        words=asked.words,
        searches=len(leaves) > MANY,
        first=start + 1,
        last=start + len(here),
        earlier=f"page:{start - AT_ONCE}" if start else "",
        later=f"page:{start + AT_ONCE}" if start + AT_ONCE < len(found) else "",
        json_text=json_text,
        json_was=payload_edits.digest(draft.shown_json()),
        has_json=len(json_text) <= LONGEST_JSON,
    )


def _fields(draft: Draft, paths: list[Path]) -> list[Field]:
    made = []
    for path in paths:
        one = field_for(draft.payload, path, draft.edits.get(path))
        if one is None:
            continue
        if path in draft.wrong:
            kind, one.text, sentence = draft.wrong[path]
            one.kind = kind or one.kind
            one.errors.append(sentence)
        if path in draft.clashed:
            one.errors.append(draft.clashed[path])
        made.append(one)
    return made


def _focus(at_fault: list[Field], changed: list[Field], groups: list[Group]) -> None:
    """What is wrong first, then what the error is about, then what stands first."""
    everything = [*at_fault, *changed, *(one for group in groups for one in group.fields)]
    wrong = [one for one in everything if one.errors]
    for one in [*wrong, *everything][:1]:
        one.has_focus = True


# --- what comes of it -----------------------------------------------------------------------------------------------


def _check(
    model_admin: PortalAdmin, request: HttpRequest, error: ErrorRecord, draft: Draft, asked: Asked
) -> HttpResponse:
    tried = try_edit(error, draft.made())
    return _page(
        model_admin,
        request,
        error,
        draft,
        template=CHECK_PAGE,
        changes=draft.changes(),
        tried=tried,
        fields=[_shown(one) for one in tried.fields[:SHOWN_FIELDS]],
        more=max(0, len(tried.fields) - SHOWN_FIELDS),
        body=as_json(payload_edits.masked(tried.body)) if tried.body else "",
        destination=error.job.destination.name if error.job is not None else "the destination",
        words=asked.words,
    )


def _shown(one: Differing) -> tuple[str, str, str]:
    hides = payload_edits.is_secret((one.field.rpartition(".")[2],))
    return one.field, _value(one.before, hides=hides), _value(one.after, hides=hides)


def _value(value: Any, *, hides: bool) -> str:
    if isinstance(value, str | int | float | bool | dict | list) or value is None or value is ABSENT:
        return said(value, is_secret=hides)
    return "hidden" if hides else str(value)
