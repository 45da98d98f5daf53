"""The parameters that the lists take."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integrations.models import Kind, RunState, State


class RunQuery(serializers.Serializer[Any]):
    job = serializers.SlugField(required=False, help_text="The key of a job.")
    state = serializers.ChoiceField(choices=RunState.choices, required=False)


class RecordQuery(serializers.Serializer[Any]):
    job = serializers.SlugField(required=False, help_text="The key of a job.")
    state = serializers.ChoiceField(choices=State.choices, required=False)
    external_id = serializers.CharField(
        required=False, max_length=255, help_text="Its id in the source or in the destination, exactly."
    )
    number = serializers.CharField(
        required=False, max_length=120, help_text="The order number, with or without #."
    )


class ErrorQuery(serializers.Serializer[Any]):
    job = serializers.SlugField(required=False, help_text="The key of a job.")
    state = serializers.ChoiceField(choices=[("open", "Open"), ("settled", "Settled")], required=False)
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
