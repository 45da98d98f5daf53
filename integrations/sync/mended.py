"""What a person wrote instead of a record: would it still be that record, and would it be sent?"""

from __future__ import annotations

from typing import Any

from integrations.models import ErrorRecord
from mappings import records, translate

from .rules import passes_filter, rules_of
from .same_record import id_in, is_another


def why_not(error: ErrorRecord, payload: dict[str, Any]) -> str:
    """Why this payload cannot take the place of the error's own, or nothing. Reads mappings, sends nothing."""
    job = error.job
    if job is None or error.delivery is None:
        return ""
    rules = rules_of(job).read
    before, now = id_in(job, error.payload), id_in(job, payload)
    if before and (not now or is_another(now, before)):
        return f"This would be another record: its id was {before}. Keep the id as it was."
    written = translate.read(rules, payload).record
    if written is None:
        return ""  # Nothing is lost by it: the same error comes again and tells why.
    if error.delivery.first_delivered_at is None and not passes_filter(job, records.as_data(written)):
        return (
            f"Written like this it would not be sent, because the job's filter is not true: {job.filter}. "
            "Mend what the filter looks at, or ignore the error if it is not to be sent."
        )
    return ""
