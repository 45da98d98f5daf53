"""What the models themselves say about the values in a file."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from .plain import Found, Plain
from .problems import Place


def model_problems(model: type[Model], place: Place, plain: Plain, names: tuple[str, ...]) -> Found:
    """Lengths, ranges, choices, the form of the key."""
    given: dict[str, Any] = {name: plain[name] for name in names if name in plain}
    row = model(key=place[1], **given)
    others = {field.name for field in model._meta.get_fields()} - set(given) - {"key"}
    try:
        row.clean_fields(exclude=others)
    except ValidationError as exc:
        for name, messages in exc.message_dict.items():
            # Of the key, the model's own sentence, which comes after the one of its kind of field.
            yield ((*place, name), " ".join(messages)) if name != "key" else (place, messages[-1])
