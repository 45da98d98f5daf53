"""Who is who: which Things of several systems are one person. No personal data: digests and ids alone."""

from __future__ import annotations

from django.db import models

from .connection import Connection
from .things import Thing


class PersonKey(models.Model):
    """A keyed hash of a normalised e-mail address, or (of whom nobody knows one) phone → the Thing that has it.

    Unique: of two records with one address that are about to be made somewhere, the second is the first one's person.
    """

    kind = models.CharField(max_length=20)
    digest = models.CharField(max_length=32)
    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="person_keys")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest", "kind"], name="one_thing_per_person_key")]

    def __str__(self) -> str:
        return f"{self.kind} key of {self.thing_id}"


class SamePerson(models.Model):
    """`thing` is the same person as `root`: what one of them is called anywhere leads to the other as well."""

    thing = models.OneToOneField(Thing, on_delete=models.CASCADE, related_name="same_person")
    root = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="also")
    since = models.DateTimeField()

    class Meta:
        verbose_name_plural = "same persons"

    def __str__(self) -> str:
        return f"{self.thing_id} is {self.root_id}"


class LeftContact(models.Model):
    """A contact that is not written any more: a person said that it is the same as another one of that system."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="left_contacts", db_index=False
    )
    resource = models.CharField(max_length=60)
    external_id = models.CharField(max_length=255)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "resource", "external_id"], name="one_row_per_left_contact"
            )
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.external_id}"
