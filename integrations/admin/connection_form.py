"""A connection's form, built from what its connector declares. Secrets go in and never come out again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import yaml
from django import forms
from django.core.exceptions import ValidationError

from integrations.configuration.plan import connection_notes
from integrations.configuration.state import CONNECTION_FIELDS
from integrations.connectors import catalogue, registry
from integrations.connectors.base import SettingField
from integrations.exceptions import DeclarationError
from integrations.models import AccessToken, Connection
from integrations.models.connection import are_other_credentials
from integrations.sync.connect import settings_fields

from . import widgets
from .destinations import new_places
from .saved_meanwhile import StampedForm

SETTING = "setting__"
SECRET = "secret__"  # noqa: S105  # the beginning of a form field's name
CLEAR = "clear__"

# Kinds whose value is a structure, written as text.
STRUCTURES = ("yaml", "json", "declaration")


class StructureField(forms.CharField):
    """YAML (of which JSON is a part) as text on the page, plain data in the database."""

    def __init__(self, **options: Any) -> None:
        # What is required is the declaration itself; the rest is a line or two.
        super().__init__(**options, widget=widgets.code(24 if options.get("required") else 5))

    def prepare_value(self, value: Any) -> str:
        if value in (None, ""):
            return ""
        return value if isinstance(value, str) else yaml.safe_dump(value, sort_keys=False, allow_unicode=True)

    def clean(self, value: Any) -> Any:
        written = super().clean(value)
        if not written:
            return None
        try:
            return yaml.safe_load(written)
        except yaml.MarkedYAMLError as error:
            raise ValidationError(_where(error)) from error
        except yaml.YAMLError as error:
            raise ValidationError(f"This is not YAML: {error}") from error


def _where(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = f"Line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{place}{error.problem or error.context}. Mend the YAML there."


class ConnectionForm(StampedForm):
    """The parts that every connection has. `declared` are its connector's own settings."""

    declared: Sequence[SettingField] = ()
    instance: Connection
    columns_beside = ("settings",)
    platform = ""
    moved_to: Sequence[str] = ()
    # Whether an earlier test says nothing of what is saved.
    has_other_credentials = False
    # What is allowed, and perhaps not meant: told when it is saved.
    notes: Sequence[str] = ()

    class Meta:
        model = Connection
        fields = ("name", "key", "environment", "enabled", "native_integrations")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, stored in self._declared_settings(self.instance.settings).items():
            self.initial.setdefault(name, stored)

    def _declared_settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        shown = (setting for setting in self.declared if not setting.secret)
        return {SETTING + one.name: settings.get(one.name, one.default) for one in shown}

    def present(self, row: Any) -> dict[str, Any]:
        # What the form does not know of them stays as it is stored now, too.
        self.instance.settings = row.settings
        return super().present(row) | self._declared_settings(row.settings)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for setting in self.declared:
            if setting.secret and setting.required and not self._will_have(setting, cleaned):
                self.add_error(SECRET + setting.name, f"{setting.label} is required to sign in.")
        if not self.errors:
            self._check_declaration(cleaned)
        if not self.errors:
            self._keep_secrets_where_they_were_given(cleaned)
        if not self.errors:
            told = {name: cleaned[name] for name in CONNECTION_FIELDS if name in cleaned}
            self.notes = connection_notes(
                self.initial.get("key") or cleaned["key"], {**told, "platform": self.platform}
            )
        return cleaned

    def _will_have(self, setting: SettingField, cleaned: dict[str, Any]) -> bool:
        if cleaned.get(SECRET + setting.name):
            return True
        return bool(self.instance.secret_values().get(setting.name)) and not cleaned.get(CLEAR + setting.name)

    def _keep_secrets_where_they_were_given(self, cleaned: dict[str, Any]) -> None:
        """A stored secret is not sent to a new address unseen: who changes the address enters it anew."""
        if self.instance._state.adding:
            return
        self.moved_to = new_places(self.instance, self.new_settings(), cleaned["environment"])
        if not self.moved_to:
            return
        stored = self.instance.secret_values()
        for setting in self.declared:
            settled = cleaned.get(SECRET + setting.name) or cleaned.get(CLEAR + setting.name)
            if setting.secret and stored.get(setting.name) and not settled:
                self.add_error(
                    SECRET + setting.name,
                    f"The address has changed. Enter {setting.label} anew, or forget it: what is stored was given "
                    "for the old address.",
                )

    def _check_declaration(self, cleaned: dict[str, Any]) -> None:
        """Has the connector judge its settings now, not when the first job runs."""
        try:
            registry.check(self.platform, self.new_settings(), self.new_secrets(), cleaned["environment"])
        except DeclarationError as error:
            top = error.field.split(".")[0].split("[")[0]
            known = SETTING + top if SETTING + top in self.fields else None
            structure = next(
                (SETTING + field.name for field in self.declared if field.kind in STRUCTURES), None
            )
            self.add_error(
                known or structure, f"{error.field}: {error.reason}" if error.field else error.reason
            )

    def new_settings(self) -> dict[str, Any]:
        """What is entered; an empty optional setting is left out. Settings the form does not know stay."""
        names = {setting.name for setting in self.declared if not setting.secret}
        kept = {name: value for name, value in self.instance.settings.items() if name not in names}
        entered = {name: self.cleaned_data.get(SETTING + name) for name in names}
        return kept | {name: value for name, value in sorted(entered.items()) if value not in (None, "")}

    def new_secrets(self) -> dict[str, Any]:
        """An empty input keeps what is stored; only the box "Forget it" clears it."""
        secrets = self.instance.secret_values()
        for setting in self.declared:
            if not setting.secret:
                continue
            entered = self.cleaned_data.get(SECRET + setting.name)
            if entered:
                secrets[setting.name] = entered
            elif self.cleaned_data.get(CLEAR + setting.name):
                secrets.pop(setting.name, None)
        return secrets

    def save(self, commit: bool = True) -> Connection:
        self.instance.platform = self.platform
        self.instance.settings = self.new_settings()
        secrets = self.new_secrets()
        self.has_other_credentials = are_other_credentials(self.instance.secret_values(), secrets)
        self.instance.enter_secrets(secrets)
        if self.moved_to:
            # What the old system gave for its session is none of the new one's business either.
            AccessToken.objects.filter(connection=self.instance).delete()
            self.has_other_credentials = True
        return cast(Connection, super().save(commit))


def form_for(platform: str, connection: Connection | None) -> type[ConnectionForm]:
    """A form class with one field per declared setting, and two per secret (the value, and "Forget it")."""
    declared = settings_fields(platform)
    stored = connection.secret_values() if connection is not None else {}
    fields: dict[str, Any] = {"declared": declared, "platform": platform}
    fields["native_integrations"] = _natives_field(platform)
    for setting in declared:
        if setting.secret:
            fields |= _secret_fields(setting, bool(stored.get(setting.name)))
        else:
            fields[SETTING + setting.name] = _setting_field(setting)
    return type("DeclaredConnectionForm", (ConnectionForm,), fields)


def _natives_field(platform: str) -> forms.Field:
    """One box for each integration of the platform's own; a field without boxes where it has none."""
    found = [(native.with_platform, label) for label, native in catalogue.entry(platform).natives]
    return forms.MultipleChoiceField(
        label="Its own integrations that are switched on",
        required=False,
        choices=found,
        widget=widgets.checkboxes(found) if found else forms.MultipleHiddenInput(),
        help_text="Look at the platform's own settings. A job of yours that would write the same is then told of.",
    )


def _secret_fields(setting: SettingField, is_set: bool) -> dict[str, forms.Field]:
    state = "It is set. Leave this empty to keep it." if is_set else "Not set yet."
    fields: dict[str, forms.Field] = {
        SECRET + setting.name: forms.CharField(
            label=setting.label,
            required=False,
            strip=True,
            help_text=f"{setting.help_text} {state}".strip(),
            widget=widgets.secret(placeholder="set" if is_set else "not set"),
        )
    }
    if is_set:
        fields[CLEAR + setting.name] = forms.BooleanField(
            label=f"Forget {setting.label}", required=False, widget=widgets.checkbox()
        )
    return fields


def _setting_field(setting: SettingField) -> forms.Field:
    common: dict[str, Any] = {
        "label": setting.label,
        "required": setting.required,
        "help_text": setting.help_text,
    }
    if setting.choices:
        choices = [_choice(choice) for choice in setting.choices]
        shown = choices if setting.required else [("", "–"), *choices]
        return forms.ChoiceField(**common, choices=shown, widget=widgets.select(shown))
    if setting.kind in STRUCTURES:
        return StructureField(**common)
    if setting.kind in ("boolean", "bool"):
        return forms.BooleanField(**common | {"required": False}, widget=widgets.switch())
    if setting.kind in ("integer", "number", "int"):
        return forms.IntegerField(**common, widget=widgets.integer())
    if setting.kind == "url":
        return forms.URLField(**common, widget=widgets.text(type="url"), assume_scheme="https")
    if setting.kind == "list":
        return ListField(**common, widget=widgets.text())
    return forms.CharField(**common, widget=widgets.text())


def _choice(choice: Any) -> tuple[str, str]:
    return (
        (str(choice[0]), str(choice[1])) if isinstance(choice, list | tuple) else (str(choice), str(choice))
    )


class ListField(forms.CharField):
    """Words with commas between them."""

    def prepare_value(self, value: Any) -> str:
        return ", ".join(value) if isinstance(value, list | tuple) else str(value or "")

    def clean(self, value: Any) -> list[str] | None:
        words = [word.strip() for word in str(super().clean(value)).split(",") if word.strip()]
        return words or None


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False, default=str)
