"""Two contacts of one system that may be one person: proposed here, and decided by people alone."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from integrations.models import Connection


class Reason(models.TextChoices):
    BOTH = "both", "Same e-mail address and same phone"
    EMAIL = "email", "Same e-mail address"
    PHONE = "phone", "Same phone, and only one has an e-mail address"
    PHONE_OTHER_EMAIL = "phone_other_email", "Same phone, another e-mail address"


class Proposed(models.TextChoices):
    OPEN = "open", "To be decided"
    ACCEPTED = "accepted", "One person"
    REJECTED = "rejected", "Two people"
    GONE = "gone", "No longer alike"
    UNDONE = "undone", "Undone"


class MergeProposal(models.Model):
    """Holds no personal data: what the two are called is fetched when somebody with the right to see it asks.

    `first_id` is the older of the two contacts. `person` is the keyed hash by which they are alike (of the e-mail
    address, else of the phone): by it everything about one person is found. What was decided is kept, so that it is
    not proposed again.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    resource = models.CharField(max_length=60)
    first_id = models.CharField(max_length=255)
    second_id = models.CharField(max_length=255)
    person = models.CharField(max_length=32, db_index=True)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    confidence = models.PositiveSmallIntegerField(help_text="In percent.")
    state = models.CharField(max_length=10, choices=Proposed.choices, default=Proposed.OPEN)
    kept_id = models.CharField(max_length=255, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    joined = models.BigIntegerField(
        null=True, blank=True, help_text="The Thing that became the other's person by this decision."
    )
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    found_at = models.DateTimeField()

    class Meta:
        ordering = ["-confidence", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "resource", "first_id", "second_id"], name="one_proposal_per_pair"
            )
        ]
        indexes = [models.Index(fields=["state", "-confidence", "id"], name="proposals_by_state")]
        permissions = [("decide_mergeproposal", "Can see whom merge proposals are about, and decide them")]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"

    @property
    def is_open(self) -> bool:
        return self.state == Proposed.OPEN
