"""Texts of secrets under a new key: what was encrypted with an old one, again with the first."""

from __future__ import annotations

from cryptography.fernet import InvalidToken

from .fields import PLAIN, RAW, SQUEEZED, SecretUnreadable, cipher, first_cipher


def under_the_first_key(text: str) -> str | None:
    """The same secret under the first key; None where it is so already. Raises SecretUnreadable."""
    form = next((form for form in (SQUEEZED, RAW, PLAIN) if text.startswith(form)), "")
    token = text.removeprefix(form).encode()
    try:
        first_cipher().decrypt(token)
    except InvalidToken:
        pass
    else:
        return None
    try:
        return form + cipher().rotate(token).decode()
    except InvalidToken:
        raise SecretUnreadable from None
