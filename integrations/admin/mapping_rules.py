"""The table of a mapping's rules, and its checks: what is wrong is said at the rule's own row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django import forms
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.functional import cached_property

from integrations.configuration.check import mapping_problems
from mappings.models import Direction, FieldRule, Mapping, ValueMap
from mappings.rules import check_rules
from mappings.transforms import TRANSFORMS
from mappings.translate import RuleData

from . import widgets
from .frame import AnyTabularInline

if TYPE_CHECKING:
    RuleSet = BaseInlineFormSet[FieldRule, Mapping, Any]
else:
    from unfold.forms import PaginationInlineFormSet as RuleSet


# Short enough for the table; the model's own words are sentences.
ON_MISSING = [("absent", "leave out"), ("null", "empty"), ("default", "default"), ("error", "error")]


class OptionalJson(forms.JSONField):
    """Nothing is shown as nothing, not as {} or null."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value in (None, {}) else super().prepare_value(value)


class PlainDefault(OptionalJson):
    """JSON, or just a word: DE is taken as "DE"."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except forms.ValidationError:
            return value

    def prepare_value(self, value: Any) -> Any:
        shown = super().prepare_value(value)
        if isinstance(value, str) and self.to_python(value) == value:
            return value
        return shown


class NamedInputs(forms.ModelForm):  # type: ignore[type-arg]  # of any model
    """The heads of a table are no labels for a screen reader."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = name.replace("_", " ").capitalize()


class RuleForm(NamedInputs):
    arguments = OptionalJson(required=False, widget=widgets.text())
    default = PlainDefault(required=False, widget=widgets.text())
    on_missing = forms.ChoiceField(choices=ON_MISSING, initial="absent", widget=widgets.select(ON_MISSING))
    transform = forms.ChoiceField(required=False, widget=widgets.select())
    value_map = forms.ChoiceField(required=False, widget=widgets.select())

    class Meta:
        model = FieldRule
        fields = (
            "position",
            "target",
            "source",
            "transform",
            "arguments",
            "value_map",
            "default",
            "on_missing",
            "required",
        )
        widgets = {
            "target": widgets.text(placeholder="fills", list="studio-targets", autocomplete="off"),
            "source": widgets.text(
                placeholder="from", list="studio-sources", autocomplete="off", spellcheck="false"
            ),
            "position": forms.HiddenInput,
        }

    def __init__(self, *args: Any, value_maps: list[tuple[str, str]] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._offer("transform", [("", "–"), *((name, name) for name in sorted(TRANSFORMS))])
        self._offer("value_map", [("", "–"), *(value_maps or ())])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """A stored word that is not offered any more stays to be seen, and is refused by the check."""
        stored = getattr(self.instance, name, "")
        known = {value for value, _ in choices}
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices if stored in known else [*choices, (stored, f"{stored} (unknown)")]

    def has_changed(self) -> bool:
        """A new rule in which nothing stands but its place is none yet."""
        if self.instance.pk is not None:
            return super().has_changed()
        return any(name not in ("position", "on_missing") for name in self.changed_data)

    def clean_arguments(self) -> dict[str, Any]:
        arguments = self.cleaned_data.get("arguments")
        if arguments and not isinstance(arguments, dict):
            raise forms.ValidationError(
                'Write the arguments as a JSON object, for example {"zone": "Europe/Berlin"}.'
            )
        return arguments or {}


class RuleFormSet(RuleSet):
    """Checks all rules together: a target named twice, or lines without their list, shows only so.

    `is_tried`: nothing is saved; what other writers would say is then not asked.
    """

    is_tried = False

    @cached_property
    def value_maps(self) -> list[tuple[str, str]]:
        """Once for all rules."""
        return list(ValueMap.objects.values_list("key", "name"))

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "value_maps": self.value_maps}

    def clean(self) -> None:
        super().clean()
        rules = self.rules_in_order()
        if not self.is_tried and any(form.errors for form in rules):
            return
        # While somebody types, one rule that is not finished leaves the others to be judged.
        rules = [form for form in rules if not form.errors]
        data = [form.instance.as_data() for form in rules]
        known = {key for key, _ in self.value_maps}
        problems = list(check_rules(data, self.instance.direction, self.instance.kind, known))
        for problem in problems:
            form = rules[problem.rule]
            form.add_error(problem.field if problem.field in form.fields else None, problem.sentence)
        if not problems and not self.is_tried and self.instance.direction == Direction.WRITE:
            self._check_other_writers(data)

    def _check_other_writers(self, data: list[RuleData]) -> None:
        reasons = mapping_problems(self.instance.key, [msgspec.to_builtins(rule) for rule in data])
        if reasons:
            raise forms.ValidationError(reasons)

    def rules_in_order(self) -> list[Any]:
        """The forms that will be rules, in the order in which they run."""
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk]
        kept = [form for form in kept if not getattr(form, "cleaned_data", {}).get("DELETE")]
        return sorted(kept, key=lambda form: getattr(form, "cleaned_data", {}).get("position") or 0)


class Rules(AnyTabularInline):
    model = FieldRule
    form = RuleForm
    formset = RuleFormSet
    extra = 0
    verbose_name = "rule"
    verbose_name_plural = "Rules"
    template = "admin/mappings/mapping/rules.html"
    hide_title = True
    ordering = ("position", "id")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A mapping without its rules tells nothing: who may look at the one sees the others."""
        return request.user.has_perm("mappings.view_mapping") or super().has_view_permission(request, obj)
