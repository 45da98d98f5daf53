"""What the models themselves say about the values in a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import IntegerField, Model

from .plain import Found, Plain
from .problems import Place

# What every database can hold. SQLite takes more, and the same file must be good for both.
_LARGEST = {"PositiveIntegerField": 2_147_483_647, "PositiveSmallIntegerField": 32_767}


def model_problems(model: type[Model], place: Place, plain: Plain, names: tuple[str, ...]) -> Found:
    """Lengths, ranges, choices, the form of the key."""
    given: dict[str, Any] = {name: plain[name] for name in names if name in plain}
    too_large = dict(_too_large(model, given))
    yield from (((*place, name), reason) for name, reason in too_large.items())
    row = model(key=place[1], **given)
    others = {field.name for field in model._meta.get_fields()} - set(given) - {"key"}
    others |= set(too_large)
    try:
        row.clean_fields(exclude=others)
    except ValidationError as exc:
        for name, messages in exc.message_dict.items():
            # Of the key, the model's own sentence, which comes after the one of its kind of field.
            told = [*messages, *_choices(model, name, given.get(name))]
            yield ((*place, name), " ".join(told)) if name != "key" else (place, messages[-1])


def _choices(model: type[Model], name: str, value: Any) -> Iterator[str]:
    """Django says that a value is none of them, but not which there are."""
    field = model._meta.get_field(name)
    known = [str(choice) for choice, _ in getattr(field, "flatchoices", ())]
    if known and value not in known:
        yield f"Choose one of: {', '.join(known)}."


def _too_large(model: type[Model], given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        field = model._meta.get_field(name)
        largest = _LARGEST.get(field.get_internal_type()) if isinstance(field, IntegerField) else None
        if largest is not None and isinstance(value, int) and value > largest:
            yield name, f"Ensure this value is at most {largest:,}."
