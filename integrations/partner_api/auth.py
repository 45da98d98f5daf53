"""Who calls: a partner with one of its keys, `Authorization: Bearer cd1234abcd.secret`."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from integrations.models import Partner, PartnerKey

_LONGEST_KEY = 200
_USE_NOTED_EVERY = timedelta(minutes=1)
_UNKNOWN = "This key is not known. Check that it was copied whole, or ask the store for a new one."


@dataclass(frozen=True)
class Caller:
    """Stands where Django expects a user; it is never one of the portal's own users."""

    partner: Partner
    key: PartnerKey
    is_authenticated: bool = True
    is_active: bool = True

    @property
    def pk(self) -> int:
        return self.partner.pk


class BearerKey(BaseAuthentication):
    """Gives (Caller, PartnerKey). No header at all: nobody, which the permission refuses with 401."""

    def authenticate(self, request: Request) -> tuple[Caller, PartnerKey] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed("Send the key as 'Authorization: Bearer <key>'.")
        key = _find(text.strip())
        _check_valid(key, timezone.now())
        _note_use(key, timezone.now())
        return Caller(key.partner, key), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="crossdock"'


def _find(text: str) -> PartnerKey:
    prefix, dot, secret = text.partition(".")
    if not dot or not secret or len(text) > _LONGEST_KEY or not text.isascii() or not prefix.isalnum():
        raise AuthenticationFailed(_UNKNOWN)
    key = PartnerKey.objects.select_related("partner").filter(prefix=prefix).first()
    digest = PartnerKey.digest_of(text)
    # Compared in constant time even for an unknown prefix, so that the time tells nothing.
    if not hmac.compare_digest(key.digest if key else "0" * 64, digest) or key is None:
        raise AuthenticationFailed(_UNKNOWN)
    return key


def _check_valid(key: PartnerKey, now: datetime) -> None:
    """Only who holds the whole secret learns why it is refused."""
    if key.revoked_at is not None and key.revoked_at <= now:
        raise AuthenticationFailed("This key was revoked. Ask the store for a new one.")
    if key.expires_at is not None and key.expires_at <= now:
        raise AuthenticationFailed("This key has expired. Ask the store for a new one.")
    if not key.partner.enabled:
        raise AuthenticationFailed("The store has switched this partner off.")


def _note_use(key: PartnerKey, now: datetime) -> None:
    """Written at most once a minute: a write per call would take SQLite's one write lock each time."""
    before = now - _USE_NOTED_EVERY
    if key.last_used_at is not None and key.last_used_at > before:
        return
    unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lte=before)
    PartnerKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=now)


class HasScope(BasePermission):
    """The key must hold the view's `scope`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        key = request.auth
        if not isinstance(key, PartnerKey):
            return False
        scope: str = getattr(view, "scope", "read")
        self.message = f"This key lacks the scope '{scope}'. Ask the store for a key that has it."
        return scope in key.scopes
