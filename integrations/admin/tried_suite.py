"""A mapping's score card: the sandbox's edge cases through its jobs, before it is published. Where the draft fails a
case that the version in use passes, publishing needs a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from integrations.exceptions import Failure
from integrations.models import SyncJob
from integrations.sync.draft_rules import jobs_with, rules_with
from integrations.sync.edge_cases import KIND, SANDBOX, Tried, may_try, reads_sandbox
from integrations.sync.kind_cases import CASES
from integrations.sync.kind_trial import reads_sample
from integrations.sync.payload_changes import accept_as_they_are, shapes_of
from integrations.sync.rules import rules_of
from integrations.sync.suite import try_all
from mappings.expressions import ExpressionError
from mappings.models import Direction, Mapping
from mappings.versions import in_short

from .frame import Crumb, PortalAdmin
from .mapping_form import SAVED_WHILE_TRIED, is_as_seen, stamp
from .suite_mends import WayToMend, way_to_mend
from .tried_errors import WRONG_RULES, tell_of_errors

LONGEST_REASON: Final = 200
NO_REASON: Final = "Say why it is published all the same: the next person will want to know."
HELD_BACK: Final = (
    "The draft is saved and not published: by it {} would go wrong, which go right now. "
    "<a href='{}'>Look at the score card</a>; publish it there with your reason, or correct the rules."
)


@dataclass(frozen=True)
class Line:
    """One case under both. `is_worse`: it is right by the version in use and wrong by the draft."""

    now: Tried
    then: Tried
    way: WayToMend | None = None

    @property
    def is_worse(self) -> bool:
        return self.now.is_good is True and self.then.is_good is False


@dataclass(frozen=True)
class Card:
    job: SyncJob
    lines: list[Line]
    wrong: str = ""

    @property
    def tried(self) -> list[Tried]:
        return [line.then for line in self.lines if line.then.is_good is not None]

    @property
    def good(self) -> int:
        return sum(bool(one.is_good) for one in self.tried)

    @property
    def worst_first(self) -> list[Line]:
        return sorted(
            self.lines, key=lambda line: (line.then.is_good is not False, line.then.is_good is True)
        )

    @property
    def worse(self) -> list[Line]:
        return [line for line in self.lines if line.is_worse]

    @property
    def reads_sandbox(self) -> bool:
        return reads_sandbox(self.job)


def suite_url(mapping: Mapping) -> str:
    return reverse("admin:mappings_mapping_try_suite", args=[mapping.pk])


def is_about(mapping: Mapping) -> bool:
    """Whether the sandbox's cases go through its rules at all."""
    if mapping.direction == Direction.WRITE:
        return mapping.kind == KIND or mapping.kind in CASES
    if mapping.kind == KIND:
        return mapping.platform == SANDBOX
    return reads_sample(mapping.kind, mapping.platform, mapping.resource)


def has_card(mapping: Mapping) -> bool:
    return bool(suite_jobs(mapping))


def has_draft(mapping: Mapping) -> bool:
    """Whether its rules are saved otherwise than they are in use."""
    in_use = mapping.in_use()
    return in_use is not None and bool(in_short(in_use.snapshot, mapping.snapshot()))


def cards_of(mapping: Mapping) -> list[Card]:
    """Works its rules out: call it outside any transaction."""
    snapshot = mapping.snapshot()
    return [_card(job, mapping, snapshot) for job in suite_jobs(mapping)]


def suite_jobs(mapping: Mapping) -> list[SyncJob]:
    if not is_about(mapping):
        return []
    jobs = [job for job in jobs_with(mapping) if may_try(job)]
    return [job for job in jobs if mapping.direction == Direction.WRITE or reads_sandbox(job)]


def _card(job: SyncJob, mapping: Mapping, snapshot: dict[str, Any]) -> Card:
    try:
        now = try_all(job, rules_of(job))
        then = try_all(job, rules_with(job, mapping, snapshot))
    except Failure as failure:
        return Card(job, [], failure.sentence)
    except (ExpressionError, KeyError) as error:
        return Card(job, [], WRONG_RULES.format(error))
    return Card(job, paired(now, then))


def paired(now: Sequence[Tried], then: Sequence[Tried]) -> list[Line]:
    """Each case that both saw, in the order of the draft's. One that somebody added, paused or deleted between the two
    is left to the next time."""
    before = {one.key: one for one in now}
    return [Line(before[one.key], one) for one in then if one.key in before]


def is_held_back(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> bool:
    """Whether publishing needs a reason; then the person is told where to give it."""
    titles = dict.fromkeys(line.then.title for card in cards_of(mapping) for line in card.worse)
    if not titles:
        return False
    told = ", ".join(f"“{title}”" for title in titles)
    model_admin.message_user(request, format_html(HELD_BACK, told, suite_url(mapping)), messages.WARNING)
    return True


def suite_urls(model_admin: PortalAdmin) -> list[URLPattern]:
    def view(request: HttpRequest, object_id: str) -> HttpResponse:
        mapping = model_admin.object_for(request, object_id, "view")
        if request.method == "POST":
            return _publish(model_admin, request, mapping)
        return _page(model_admin, request, mapping)

    wrapped = model_admin.admin_site.admin_view(view)
    return [path("<path:object_id>/try-suite/", wrapped, name="mappings_mapping_try_suite")]


def _page(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> HttpResponse:
    seen, is_draft = stamp(mapping), has_draft(mapping)
    cards = cards_of(mapping)
    needs_reason = any(card.worse for card in cards)
    return model_admin.page(
        request,
        "admin/mappings/mapping/try_suite.html",
        f"Score card: {mapping.name}",
        mapping=mapping,
        cards=[_with_ways(card, request) for card in cards],
        is_about=is_about(mapping),
        is_draft=is_draft,
        needs_reason=needs_reason,
        may_publish=is_draft and needs_reason and model_admin.has_change_permission(request, mapping),
        longest=LONGEST_REASON,
        seen=seen,
        here=suite_url(mapping),
        back=reverse("admin:mappings_mapping_change", args=[mapping.pk]),
        original=Crumb(mapping, mapping.name),
    )


def _with_ways(card: Card, request: HttpRequest) -> Card:
    lines = [replace(line, way=way_to_mend(card.job, line.then.mend, request.user)) for line in card.lines]
    return replace(card, lines=lines)


def _publish(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> HttpResponse:
    if not model_admin.has_change_permission(request, mapping):
        raise PermissionDenied
    reason = request.POST.get("reason", "").strip()
    if not reason:
        return model_admin.done(request, NO_REASON, suite_url(mapping), messages.ERROR)
    problems = mapping.check_problems()
    if problems:
        return model_admin.done(request, problems[0].sentence, suite_url(mapping), messages.ERROR)
    seen = request.POST.get("seen") or stamp(mapping)
    titles = dict.fromkeys(line.then.title for card in cards_of(mapping) for line in card.worse)
    note = f"{reason[:LONGEST_REASON]} (score card: {', '.join(titles) or 'all as before'})"
    with transaction.atomic():
        if not is_as_seen(mapping, seen):
            return model_admin.done(request, SAVED_WHILE_TRIED, suite_url(mapping), messages.ERROR)
        made = mapping.use(mapping.snapshot(), model_admin.person(request), note)
    model_admin.log_change(request, mapping, f"Published against its score card: {reason[:LONGEST_REASON]}")
    accept_as_they_are(shapes_of(mapping))
    tell_of_errors(model_admin, request, mapping)
    url = reverse("admin:mappings_mapping_change", args=[mapping.pk])
    return model_admin.done(request, f"Version {made.number} is in use from now on.", url)
