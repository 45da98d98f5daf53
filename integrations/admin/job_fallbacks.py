"""What a job does with records that fail: shown on its page as sentences, and edited one by one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from msgspec import UNSET

from integrations.configuration.check import fallback_problems
from integrations.models import ErrorRecord, JobState, SyncJob
from integrations.sync import errors_of_fallbacks
from integrations.sync.fallbacks import LABELS, THEN_LABELS, Fallback, from_plain, sentence_of
from mappings.content_hash import content_hash

from . import fallback_fields, widgets
from .frame import Crumb, PortalAdmin
from .job_columns import counted, rows_url

TEMPLATES = "admin/integrations/syncjob"
MOST_OFFERED = 30
CHANGED_MEANWHILE = "Somebody else changed these fallbacks meanwhile. Here they are as they stand now."
WORDS = [(str(when), label) for when, label in LABELS.items()]
DEEDS = [(str(then), label) for then, label in THEN_LABELS.items()]


class FallbackForm(forms.Form):
    """One fallback. What it says is checked as a configuration file is."""

    when = forms.ChoiceField(label="When", choices=WORDS, widget=widgets.select(WORDS))
    code = forms.CharField(
        label="Only with this code",
        required=False,
        max_length=40,
        widget=widgets.text(list="fallback-codes", autocomplete="off"),
        help_text="How the system calls its refusal. Offered are those that this job has had. Empty: any.",
    )
    field: forms.Field = forms.Field(
        label="Only at this field",
        help_text="Needed to put a value in. First those that failed of late, then those of the job's mappings.",
    )
    other_field = forms.CharField(
        label="Or at another field",
        required=False,
        max_length=120,
        widget=widgets.text(autocomplete="off"),
        help_text="One that is not in the list: as the system's refusal names it. Else leave this empty.",
    )
    tries = forms.IntegerField(
        label="Try it again first (times)",
        min_value=0,
        initial=0,
        widget=widgets.integer(),
        help_text="Only for what may pass: temporary failures and refusals. 0: not again.",
    )
    longest_pause_minutes = forms.IntegerField(
        label="At most so many minutes apart", min_value=1, initial=15, widget=widgets.integer()
    )
    for_hours = forms.IntegerField(
        label="For at most so many hours", min_value=1, initial=24, widget=widgets.integer()
    )
    then = forms.ChoiceField(label="Then", choices=DEEDS, widget=widgets.select(DEEDS))
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=200,
        widget=widgets.text(placeholder="For example: sold in the showroom, never shipped."),
        help_text="Why it may be skipped. It stands on the record.",
    )
    value = forms.CharField(
        label="The value to put in", required=False, max_length=300, widget=widgets.text()
    )

    to = forms.ChoiceField(
        label="The job that takes it over",
        required=False,
        widget=widgets.select(),
        help_text="Offered are jobs that take only what is handed over. All that comes of the record later goes there "
        "too, unless a person takes it back.",
    )

    def __init__(self, job: SyncJob, data: Any = None, *, before: Fallback | None = None) -> None:
        told = before.to_plain() if before is not None else {}
        super().__init__(data, initial=told)
        self.before = before
        takers = SyncJob.objects.filter(takes_handed_over=True, source=job.source_id, kind=job.kind).exclude(
            pk=job.pk
        )
        offered = [("", "None"), *((row.key, row.name) for row in takers)]
        self.fields["to"] = forms.ChoiceField(
            label=self.fields["to"].label,
            required=False,
            choices=offered,
            widget=widgets.select(offered),
            help_text=self.fields["to"].help_text,
        )
        told_field = self.fields["field"]
        chosen = (data or {}).get("field") or told.get("field", "")
        self.fields["field"] = fallback_fields.choice_of(
            job, chosen, label=told_field.label, help_text=told_field.help_text
        )
        for name, field in self.fields.items():
            if told.get(name) is None and before is not None and hasattr(before, name):
                value = getattr(before, name)
                field.initial = "" if value is UNSET else value

    def fallback(self) -> Fallback:
        told = dict(self.cleaned_data)
        told["field"] = told.pop("other_field").strip() or told["field"]
        return Fallback(**{**told, "value": self._value(told["value"])})

    def _value(self, text: str) -> Any:
        """A number from a file stays one as long as nobody changes it."""
        if self.before is not None and str(self.before.value) == text:
            return self.before.value
        return text or UNSET


def urls(model_admin: PortalAdmin) -> list[URLPattern]:
    guarded = model_admin.admin_site.admin_view
    views: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
        "new": ("new/", _edit_view),
        "preview": ("preview/", _preview_view),
        "apply": ("apply/", _apply_view),
        "edit": ("<int:place>/", _edit_view),
        "take_out": ("<int:place>/take-out/", _take_out_view),
    }
    return [
        path(
            f"<path:object_id>/fallbacks/{address}",
            guarded(partial(view, model_admin)),
            name=f"integrations_syncjob_fallback_{name}",
        )
        for name, (address, view) in views.items()
    ]


def shown(request: HttpRequest, object_id: str) -> dict[str, Any]:
    """For the job's page."""
    rows = SyncJob.objects.select_related("destination").defer("destination__secrets")
    job = rows.filter(pk=object_id).first() if object_id.isdecimal() else None
    if job is None or job.state == JobState.DRAFT:
        return {}
    fallbacks = from_plain(job.fallbacks)
    about = errors_of_fallbacks.about(job, fallbacks)
    lines = [
        {
            "sentence": sentence_of(fallback, job.destination.name),
            "url": _url("edit", job, place),
            "about": len(about.by_fallback.get(place, ())),
        }
        for place, fallback in enumerate(fallbacks)
    ]
    return {
        "fallbacks": lines,
        "fallback_errors": about,
        "open_errors": counted(about.open, rows_url("errorrecord", job=job.pk)),
        "skipped_url": rows_url("delivery", job=job.pk, state="skipped"),
        "new_fallback_url": _url("new", job),
        "apply_fallbacks_url": _url("apply", job),
        "may_change_fallbacks": request.user.has_perm("integrations.change_syncjob"),
        "may_retry": request.user.has_perm("integrations.retry_errorrecord"),
    }


def _url(name: str, job: SyncJob, *place: int) -> str:
    return reverse(f"admin:integrations_syncjob_fallback_{name}", args=[job.pk, *place])


def _job_url(job: SyncJob) -> str:
    return reverse("admin:integrations_syncjob_change", args=[job.pk]) + "#fallbacks"


def _edit_view(
    model_admin: PortalAdmin, request: HttpRequest, object_id: str, place: int | None = None
) -> HttpResponse:
    job: SyncJob = model_admin.object_for(request, object_id, "change")
    present = from_plain(job.fallbacks)
    if place is not None and _is_another(request, present, place):
        return model_admin.done(request, CHANGED_MEANWHILE, _job_url(job), messages.ERROR)
    if place is not None and place >= len(present):
        raise Http404("There is no such fallback.")
    before = present[place] if place is not None else None
    form = FallbackForm(job, request.POST or None, before=before)
    if request.method == "POST" and form.is_valid():
        wanted = _with(present, place, form.fallback())
        if _is_right(job, wanted, place, form):
            return _store(model_admin, request, job, wanted)
    return model_admin.page(
        request,
        f"{TEMPLATES}/fallback.html",
        "When a record fails",
        job=job,
        form=form,
        original=Crumb(job, job.name),
        preview_url=_url("preview", job) + (f"?place={place}" if place is not None else ""),
        take_out_url=_url("take_out", job, place) if place is not None else "",
        seen=_stamp(before) if before is not None else "",
        back=_job_url(job),
        **_of_late(job),
    )


def _stamp(fallback: Fallback) -> str:
    return content_hash(fallback.to_plain())


def _is_another(request: HttpRequest, present: list[Fallback], place: int) -> bool:
    """Whether at this place of the list stands another fallback now than the one that the person has before them."""
    seen = request.POST.get("seen", "")
    return bool(seen) and (place >= len(present) or _stamp(present[place]) != seen)


def _of_late(job: SyncJob) -> dict[str, list[str]]:
    """The codes of this job's errors, to choose from."""
    newest = ErrorRecord.objects.filter(job=job, delivery__isnull=False).order_by("-last_seen_at")[:500]
    codes = dict.fromkeys(code for code, where in newest.values_list("code", "place") if where == "send")
    return {"codes": list(codes)[:MOST_OFFERED]}


def _with(present: list[Fallback], place: int | None, told: Fallback) -> list[Fallback]:
    wanted = list(present)
    if place is None:
        wanted.append(told)
    else:
        wanted[place] = told
    return wanted


def _is_right(job: SyncJob, wanted: list[Fallback], place: int | None, form: FallbackForm) -> bool:
    at = len(wanted) - 1 if place is None else place
    for index, field, reason in fallback_problems(job.key, [one.to_plain() for one in wanted]):
        if index == at:
            form.add_error(field if field in form.fields else None, reason)
    return form.is_valid()


def _store(
    model_admin: PortalAdmin, request: HttpRequest, job: SyncJob, wanted: list[Fallback]
) -> HttpResponse:
    """Where the list is another than the person saw, nothing is written."""
    plain = [fallback.to_plain() for fallback in wanted]
    with transaction.atomic():
        row = SyncJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
        if row.fallbacks != job.fallbacks:
            return model_admin.done(request, CHANGED_MEANWHILE, _job_url(job), messages.ERROR)
        row.fallbacks = plain
        row.save(update_fields=["fallbacks", "updated_at"])
    model_admin.log_change(request, job, "Changed what happens when a record fails.")
    return model_admin.done(request, "Saved. It holds for whatever fails from now on.", _job_url(job))


def _preview_view(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The sentence as it would stand, and how many open errors it is about. Writes nothing."""
    job: SyncJob = model_admin.object_for(request, object_id, "change")
    form = FallbackForm(job, request.POST or None)
    shown: dict[str, Any] = {}
    if form.is_valid():
        told, present = form.fallback(), from_plain(job.fallbacks)
        asked = request.GET.get("place", "")
        place = int(asked) if asked.isdecimal() and int(asked) < len(present) else None
        wanted = _with(present, place, told)
        about = errors_of_fallbacks.about(job, wanted)
        at = len(wanted) - 1 if place is None else place
        shown = {
            "sentence": sentence_of(told, job.destination.name),
            "about": len(about.by_fallback.get(at, ())),
            "open": about.open,
        }
    return model_admin.page(request, f"{TEMPLATES}/fallback_preview.html", "", **shown)


def _take_out_view(
    model_admin: PortalAdmin, request: HttpRequest, object_id: str, place: int
) -> HttpResponse:
    job: SyncJob = model_admin.object_for(request, object_id, "change")
    present = from_plain(job.fallbacks)
    if request.method != "POST" or place >= len(present) or _is_another(request, present, place):
        return model_admin.done(request, CHANGED_MEANWHILE, _job_url(job), messages.ERROR)
    return _store(model_admin, request, job, present[:place] + present[place + 1 :])


def _apply_view(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    job: SyncJob = model_admin.object_for(request, object_id, "view")
    if not request.user.has_perm("integrations.retry_errorrecord"):
        raise PermissionDenied
    if request.method != "POST":
        return model_admin.done(request, "Press the button below.", _job_url(job), messages.INFO)
    queued = errors_of_fallbacks.send_again(job, from_plain(job.fallbacks), model_admin.person(request))
    model_admin.log_change(request, job, f"Sent {queued} open errors again for the fallbacks.")
    sentence = f"{queued} sent again. Those that still fail end by the fallbacks."
    return model_admin.done(request, sentence if queued else "There is none to send again.", _job_url(job))
