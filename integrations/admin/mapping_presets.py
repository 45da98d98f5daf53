"""A mapping that begins as a copy of a preset, to be edited: nobody writes forty rules by hand for a known platform."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.configuration.presets import copied
from mappings.models import Mapping
from mappings.presets import PRESETS

from . import widgets
from .frame import PortalAdmin

LONGEST_KEY = 60


def _choices() -> list[tuple[str, str]]:
    ways = {"read": "reads", "write": "writes"}
    named = [(key, f"{preset.name} ({ways[preset.direction]})") for key, preset in PRESETS.items()]
    return sorted(named, key=lambda choice: choice[1].lower())


class PresetForm(forms.Form):
    preset = forms.ChoiceField(
        label="Which preset?",
        choices=_choices,
        widget=widgets.select(_choices()),
        help_text="One that reads for the source of a job, one that writes for its destination.",
    )
    name = forms.CharField(
        label="Call it",
        required=False,
        max_length=120,
        widget=widgets.text(placeholder="As the preset is called"),
    )


def preset_view(model_admin: PortalAdmin, request: HttpRequest) -> HttpResponse:
    form = PresetForm(request.POST or None)
    if form.is_valid():
        chosen = form.cleaned_data
        name = chosen["preset"]
        made = copied(name, _free_key(name), chosen["name"], model_admin.person(request))
        sentence = f"{made.name} is a copy: change what your systems do differently, then use it in a job."
        url = reverse("admin:mappings_mapping_change", args=[made.pk])
        model_admin.log_addition(request, made, f"Copied from the preset {chosen['preset']}.")
        return model_admin.done(request, sentence, url, messages.SUCCESS)
    return model_admin.page(
        request,
        "admin/mappings/mapping/preset.html",
        "Begin with a preset",
        form=form,
        back=reverse("admin:mappings_mapping_changelist"),
    )


def _free_key(name: str) -> str:
    base = name[: LONGEST_KEY - 5]
    taken = set(Mapping.objects.filter(key__startswith=base).values_list("key", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(key for key in (base, *numbered) if key not in taken)
