"""Mappings and value maps as an operator edits them, and the immutable versions that workers use."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone
from simple_history.models import HistoricalRecords

from .fields import SecretField
from .owners import ANYONE, ASK, NEWEST, OWNER, LeftOut, Owners, Ownership, left_out
from .records import RECORD_KINDS
from .rules import RuleProblem, check_rules
from .shapes import convert
from .translate import RuleData, Rules, compile_rules

Person = User | None
LONGEST_NOTE = 300
KEY_VALIDATOR = RegexValidator(r"^[a-z0-9][a-z0-9-]*$", "Use small letters, digits and hyphens.")


class Direction(models.TextChoices):
    READ = "read", "Reads: from the platform into our Record"
    WRITE = "write", "Writes: from our Record to the platform"


class OnMissing(models.TextChoices):
    ABSENT = "absent", "Leave the field out"
    NULL = "null", "Write an empty value"
    DEFAULT = "default", "Use the default"
    ERROR = "error", "Report an error"


class ValueMap(models.Model):
    """One system's words to another's: statuses, carriers, tax codes. An unknown word is a problem, never a guess."""

    key = models.SlugField(max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def as_dict(self) -> dict[str, str]:
        return dict(self.entries.values_list("source", "target"))

    def publish(self, by: Person = None) -> None:
        """New versions of the mappings whose version in use knows it: versions hold the words they were made with.

        Their rules stay those that are in use; a draft stays a draft.
        """
        in_use = MappingVersion.objects.filter(number=models.F("mapping__current_number"))
        known = in_use.filter(snapshot__value_maps__has_key=self.key).values("mapping")
        # In one order, so that two who publish words at the same moment do not wait for each other for ever.
        for mapping in Mapping.objects.filter(pk__in=known).order_by("pk"):
            mapping.use_words_of(self, by)


class ValueMapEntry(models.Model):
    value_map = models.ForeignKey(ValueMap, on_delete=models.CASCADE, related_name="entries")
    source = models.CharField(max_length=200)
    target = models.CharField(max_length=200)

    class Meta:
        ordering = ["source"]
        verbose_name_plural = "value map entries"
        constraints = [models.UniqueConstraint(fields=["value_map", "source"], name="one_target_per_source")]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class Mapping(models.Model):
    """Its rules are a draft until published; workers use the published version `current_number`."""

    key = models.SlugField(max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(max_length=120)
    direction = models.CharField(max_length=5, choices=Direction.choices)
    platform = models.CharField(max_length=40, help_text="Whose payloads it reads or writes.")
    resource = models.CharField(max_length=60)
    kind = models.CharField(max_length=20, choices=[(kind, kind.replace("_", " ")) for kind in RECORD_KINDS])
    description = models.TextField(blank=True)
    current_number = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(app="mappings")

    class Meta:
        ordering = ["name"]
        permissions = [("preview_mapping", "Can try a mapping on payloads")]

    def __str__(self) -> str:
        return self.name

    def rule_data(self) -> list[RuleData]:
        return [rule.as_data() for rule in self.rules.all()]

    def value_maps(self) -> dict[str, dict[str, str]]:
        used = {rule.value_map for rule in self.rules.all() if rule.value_map}
        return {row.key: row.as_dict() for row in ValueMap.objects.filter(key__in=used)}

    def check_problems(self) -> list[RuleProblem]:
        known = set(ValueMap.objects.values_list("key", flat=True))
        return check_rules(self.rule_data(), self.direction, self.kind, known)

    def publish(self, by: Person = None) -> MappingVersion:
        """Makes the rules as they are the version in use; nothing new where they are the same as before."""
        with transaction.atomic():
            self._take_turn()
            return self.use(self.snapshot(), by)

    def _take_turn(self) -> Mapping:
        """What is made of the words, the rules or the version in use is read behind this: who publishes at the same
        moment comes before or after, and neither takes back what the other did. In a transaction."""
        return Mapping.objects.select_for_update().get(pk=self.pk)

    def use_words_of(self, value_map: ValueMap, by: Person = None) -> None:
        """The version in use, with the words as they are now."""
        with transaction.atomic():
            version = self._take_turn().in_use()
            if version is None or value_map.key not in version.snapshot["value_maps"]:
                return
            words = {**version.snapshot["value_maps"], value_map.key: value_map.as_dict()}
            self.use({**version.snapshot, "value_maps": words}, by, f"Words of {value_map.name}")

    def use(self, snapshot: MappingType[str, Any], by: Person = None, note: str = "") -> MappingVersion:
        """Makes this the version in use; nothing new where it is the same as before. The rules stay as they are."""
        with transaction.atomic():
            locked = self._take_turn()
            newest = self.versions.order_by("-number").first()
            if newest is None or newest.snapshot != snapshot or locked.current_number != newest.number:
                number = newest.number + 1 if newest else 1
                newest = MappingVersion.objects.create(
                    mapping=self,
                    number=number,
                    snapshot=snapshot,
                    published_at=timezone.now(),
                    published_by=by,
                    note=note[:LONGEST_NOTE],
                )
                Mapping.objects.filter(pk=self.pk).update(current_number=number)
        self.current_number = newest.number
        return newest

    def roll_back(self, version: MappingVersion, by: Person, reason: str) -> MappingVersion:
        """Publishes a new version equal to an old one, and makes its rules those that are edited from now on."""
        rules = [convert(rule, RuleData) for rule in version.snapshot["rules"]]
        with transaction.atomic():
            self._take_turn()
            self.rules.all().delete()
            rows = [FieldRule.from_data(self, place, rule) for place, rule in enumerate(rules)]
            FieldRule.objects.bulk_create(rows)
            return self.use(version.snapshot, by, f"As version {version.number}: {reason}")

    def in_use(self) -> MappingVersion | None:
        found: MappingVersion | None = self.versions.filter(number=self.current_number).first()
        return found

    def snapshot(self) -> dict[str, Any]:
        return {
            "direction": self.direction,
            "kind": self.kind,
            "rules": [msgspec.to_builtins(rule) for rule in self.rule_data()],
            "value_maps": self.value_maps(),
        }


class FieldRule(models.Model):
    """Where one field comes from, and what is done with it on the way."""

    mapping = models.ForeignKey(Mapping, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField(default=0)
    target = models.CharField(max_length=120)
    source = models.CharField(
        max_length=500, blank=True, help_text="A path such as customer.email, or JMESPath."
    )
    transform = models.CharField(max_length=40, blank=True)
    arguments = models.JSONField(default=dict, blank=True)
    value_map = models.CharField(max_length=60, blank=True)
    default = models.JSONField(null=True, blank=True)
    on_missing = models.CharField(max_length=8, choices=OnMissing.choices, default=OnMissing.ABSENT)
    required = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.target} ← {self.source}"

    def as_data(self) -> RuleData:
        default = {} if self.default is None else {"default": self.default}
        return RuleData(
            target=self.target,
            source=self.source,
            transform=self.transform,
            arguments=self.arguments or {},
            value_map=self.value_map,
            on_missing=self.on_missing,
            required=self.required,
            note=self.note,
            **default,
        )

    @classmethod
    def from_data(cls, mapping: Mapping, position: int, data: RuleData) -> FieldRule:
        """An unsaved row."""
        values = {name: getattr(data, name) for name in data.__struct_fields__ if name != "default"}
        default = None if data.default is msgspec.UNSET else data.default
        return cls(mapping=mapping, position=position, default=default, **values)


class MappingVersion(models.Model):
    """Never changed once made: a record says which version wrote it."""

    mapping = models.ForeignKey(Mapping, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    snapshot = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Why it was published, where somebody said so.
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)

    class Meta:
        ordering = ["mapping", "-number"]
        constraints = [models.UniqueConstraint(fields=["mapping", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.mapping} {self.number}"


class WhenItDiffers(models.TextChoices):
    OWNER = OWNER, "The owner's value is written again"
    NEWEST = NEWEST, "The newest value counts"
    ASK = ASK, "A person is asked"


class FirstValue(models.TextChoices):
    OWNER = OWNER, "Only the owner"
    ANYONE = ANYONE, "Whoever makes the record"


class FieldOwner(models.Model):
    """The one system whose value counts in a field. No job from another system writes that field, but perhaps once, as
    it makes the record (`first_value`)."""

    kind = models.CharField(max_length=20, help_text="The kind of Record.")
    field = models.CharField(
        max_length=80, help_text="A path such as phone or address.city; * is all others."
    )
    owner = models.CharField(max_length=60, help_text="The short name of the connection that owns it.")
    when_it_differs = models.CharField(
        max_length=8, choices=WhenItDiffers.choices, default=WhenItDiffers.OWNER
    )
    first_value = models.CharField(
        max_length=8,
        choices=FirstValue.choices,
        default=FirstValue.OWNER,
        help_text="Who may fill it as a record is made in another system.",
    )

    history = HistoricalRecords(app="mappings")

    class Meta:
        ordering = ["kind", "field"]
        constraints = [models.UniqueConstraint(fields=["kind", "field"], name="one_owner_per_field")]

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')}: {self.field}"


def owners_of(kind: str) -> Owners:
    rows = FieldOwner.objects.filter(kind=kind).order_by("field")
    return Owners(
        Ownership(*row) for row in rows.values_list("field", "owner", "when_it_differs", "first_value")
    )


class KeyCanary(models.Model):
    """One known value under the present key: if it cannot be read, no secret can."""

    value = SecretField()

    def __str__(self) -> str:
        return "Key canary"


def load_rules(mapping_id: int, number: int, without: frozenset[str] = frozenset()) -> Rules:
    """The compiled rules of one version, without those that fill these targets. Versions never change, so they are
    kept for the life of the process."""
    return _load_rules(mapping_id, number, without)


@lru_cache(maxsize=256)
def _load_rules(mapping_id: int, number: int, without: frozenset[str]) -> Rules:
    snapshot = _snapshot(mapping_id, number)
    rules = rule_data_of(mapping_id, number)
    return compile_rules(rules, snapshot["direction"], snapshot["kind"], snapshot["value_maps"], without)


def rule_data_of(mapping_id: int, number: int) -> list[RuleData]:
    """The rules of one version as they were published."""
    return [convert(rule, RuleData) for rule in _snapshot(mapping_id, number)["rules"]]


def left_out_of(mapping_id: int, number: int, owners: Owners, source: str) -> LeftOut:
    """What a job from this source does not write by this version of a mapping."""
    return _left_out_of(mapping_id, number, tuple(owners), source) if owners else LeftOut()


@lru_cache(maxsize=256)
def _left_out_of(mapping_id: int, number: int, owners: tuple[Ownership, ...], source: str) -> LeftOut:
    return left_out(rule_data_of(mapping_id, number), Owners(owners), source)


def _snapshot(mapping_id: int, number: int) -> MappingType[str, Any]:
    snapshot: MappingType[str, Any] = MappingVersion.objects.get(
        mapping_id=mapping_id, number=number
    ).snapshot
    return snapshot
