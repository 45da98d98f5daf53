"""What the page of one error shows: what happened, what to do, the evidence, what people did."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from integrations.models import Decision, Effect, ErrorRecord, Kind, Receipt, Settled
from integrations.sync import payload_edits, put_off, receipts
from integrations.sync.retry import UNDER_WAY, is_nameless
from integrations.templatetags.portal import money

from .connection_form import as_json
from .halts import TOO_MANY_ERRORS, halt_of, is_halt, standing
from .job_columns import KIND_COLOURS, rows_url
from .record_pages import journey_of, pages_of
from .suite_mends import rule_url
from .taking_back import giver_of, record_page

REMEDIES = {
    Kind.TRANSIENT: "The other system did not answer as it should. Crossdock has tried again by itself and given up. "
    "When the system works again, press Retry.",
    Kind.CONFIG: "Fix the connection (address, credentials, rights) and test it there. "
    "Then resume the job or press Retry.",
    Kind.DATA: "Do as the sentence above says. What is mended in the source comes by itself; after mending the "
    "mapping, publish it and press Retry. Or edit the record here and send it as you wrote it. If it was settled "
    "elsewhere, ignore it and say why.",
    Kind.BUG: "This is a fault in Crossdock itself. Ignore it only after somebody has looked at the evidence below.",
}
PLACES = {
    "read": "while reading from the source",
    "translate": "while translating it",
    "validate": "while checking it before it was sent",
    "send": "when it was sent",
    "in_doubt": "after it was sent: the answer is unknown",
    "removed": "when its removal was carried over",
    "worker": "in the worker itself",
}
NAMELESS = (
    "Correct the file that the sentence above names: its new version is read by itself, and this error is over. "
    "If it was settled elsewhere, ignore it and say why."
)
DOUBT = (
    "The write was sent and no answer came: it may have arrived. Look into the other system. "
    "If it is there, say “It had arrived” and give its id. If it is not, say “Send it again”."
)


EFFECT_COLOURS = {
    Effect.ONCE: "success",
    Effect.THERE: "info",
    Effect.SEVERAL: "danger",
    Effect.MISSING: "danger",
    Effect.UNKNOWN: "warning",
}


def may_be_read_back(error: ErrorRecord) -> bool:
    """It came to its end by a write: whoever sent it can look at what is there now."""
    return error.settled_how == Settled.DELIVERED and error.delivery_id is not None


def is_in_doubt(error: ErrorRecord) -> bool:
    return error.place == "in_doubt"


def is_on_its_way(error: ErrorRecord, record_state: str | None) -> bool:
    """Whether the record is tried again at this moment; a doubt is not settled by that."""
    return error.is_open and not is_in_doubt(error) and record_state in UNDER_WAY


def may_be_edited(error: ErrorRecord) -> bool:
    """Whether "edit the record and retry" makes sense: it is open, not in doubt, and of one record that was read and is
    known by its own id."""
    payload: Any = error.payload
    return error.is_open and payload is not None and not is_in_doubt(error) and not is_nameless(error)


def _who_has_it(error: ErrorRecord) -> str:
    assigned = error.judgements.filter(decision=Decision.ASSIGN).order_by("-id")
    return assigned.values_list("assignee__username", flat=True).first() or ""


def page_of(error: ErrorRecord, may_see_payload: bool) -> dict[str, Any]:
    """Context of the page. The source's record has personal data: only for users with the permission."""
    in_doubt = is_in_doubt(error)
    evidence: Any = error.evidence
    evidence = evidence or {}
    payload: Any = error.payload
    receipt = Receipt.objects.filter(error=error).first()
    return {
        "error": error,
        "in_doubt": in_doubt,
        "put_off": put_off.words(error) if error.is_put_off else "",
        "on_its_way": error.delivery is not None and is_on_its_way(error, error.delivery.state),
        "stands": standing(error.job) if error.is_open and error.delivery is not None else "",
        "remedy": remedy_of(error),
        "halt": halt_of(error) if error.is_open else None,
        "place": PLACES.get(error.place, error.place),
        "kind_colour": KIND_COLOURS[error.get_kind_display()],
        "worth": money(error.amount, error.currency) if error.amount is not None else "",
        "evidence": [(name, as_json(value)) for name, value in evidence.items()],
        "may_see_payload": may_see_payload,
        "payload": as_json(payload_edits.masked(payload)) if may_see_payload and payload is not None else "",
        "sent": _sent(error) if may_see_payload and in_doubt else "",
        "who_has_it": _who_has_it(error),
        "judgements": error.judgements.select_related("by", "assignee"),
        "links": _links(error),
        "pages": pages_of(error.delivery) if error.delivery is not None else [],
        "receipt": receipt,
        "failed_again": _failed_again(error, in_doubt),
        "effect_colour": EFFECT_COLOURS[Effect(receipt.effect)] if receipt is not None else "",
        "may_be_read_back": may_be_read_back(error),
        "promised": error.delivery.promised_at if error.delivery is not None else None,
        "may_edit": may_see_payload and may_be_edited(error),
        "edit_url": reverse("admin:integrations_errorrecord_edit", args=[error.pk]),
    }


def _failed_again(error: ErrorRecord, in_doubt: bool) -> bool:
    """Whether it was found to fail since a person last sent it again."""
    if not error.is_open or in_doubt:
        return False
    sent_again = error.judgements.filter(decision__in=receipts.SENT_AGAIN).order_by("-id").first()
    return sent_again is not None and error.last_seen_at > sent_again.at


def remedy_of(error: ErrorRecord) -> str:
    """What a person does about it, in words."""
    if is_in_doubt(error):
        return DOUBT
    if is_halt(error):
        return TOO_MANY_ERRORS
    return NAMELESS if is_nameless(error) else REMEDIES[Kind(error.kind)]


def _sent(error: ErrorRecord) -> str:
    """The exact write whose effect is unknown; it is kept until the doubt is settled."""
    intent = error.intent
    call: Any = intent.call if intent is not None else None
    return as_json(call) if call is not None else ""


def _links(error: ErrorRecord) -> list[tuple[str, str, str]]:
    """(what, name, address) of what the error belongs to."""
    found = []
    for what, model, row in (
        ("Record", "delivery", error.delivery),
        ("Job", "syncjob", error.job),
        ("System", "connection", error.connection),
        ("Run", "syncrun", error.run),
    ):
        if row is not None:
            found.append((what, str(row), reverse(f"admin:integrations_{model}_change", args=[row.pk])))
    if error.delivery is not None and (giver := giver_of(error.delivery)) is not None:
        found.insert(1, ("Handed over by", f"{giver.job.name}: take it back there", record_page(giver)))
    if error.delivery is not None and (journey := journey_of(error.delivery.thing_id)):
        found.insert(1, ("Journey", "in all systems", journey))
    alike = ErrorRecord.objects.filter(fingerprint=error.fingerprint, settled_at__isnull=True)
    if others := alike.exclude(pk=error.pk).count():
        found.append(
            (
                "Others like it",
                f"{others:,} open",
                rows_url("errorrecord", fingerprint=error.fingerprint, open="unsettled"),
            )
        )
    mend = field_link(error)
    if mend is not None:
        found.append(("Field in the mapping", *mend))
    return found


def field_link(error: ErrorRecord) -> tuple[str, str] | None:
    """(field, address of the rule that fills it), where the error names a field."""
    if error.job is None or not error.field:
        return None
    mapping = error.job.write_mapping if error.place in ("validate", "send") else error.job.read_mapping
    return error.field, rule_url(mapping, error.field)
