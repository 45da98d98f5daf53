"""Countries as people call them: their names in the languages of many stores, and the two letters they stand for."""

from __future__ import annotations

import difflib
import unicodedata
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.languages import get_official_languages

# What people write for a country whose code is another.
MEANT: Final = {"UK": "GB", "EN": "GB", "USA": "US", "GER": "DE"}
_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "da", "cs", "tr")
# Of the list of territories: unions, made-up ones, and what is no address of its own.
_NO_COUNTRIES: Final = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}


@lru_cache(maxsize=1)
def choices() -> tuple[tuple[str, str], ...]:
    """(code, name) in the order of the English names; with the name by which the country calls itself."""
    english = _names("en")
    return tuple(
        sorted(((code, _label(code, name)) for code, name in english.items()), key=lambda one: _plain(one[1]))
    )


def code_of(text: str) -> str | None:
    """Of a name or a code as a person writes it. None for what is no country."""
    plain = _plain(text)
    return _known().get(plain) or _known().get(plain.removeprefix("the "))


def like(text: str) -> str:
    """The English name that is spelled most like it, or ""."""
    found = difflib.get_close_matches(_plain(text), _known(), n=1, cutoff=0.75)
    return _names("en").get(_known()[found[0]], "") if found else ""


def _label(code: str, name: str) -> str:
    language = next((one for one in get_official_languages(code) if one in _LANGUAGES), "en")
    own = _names(language).get(code, name)
    return f"{name}, {own} ({code})" if own != name else f"{name} ({code})"


def _names(language: str) -> dict[str, str]:
    return {
        code: name
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in _LANGUAGES:
        for code, name in _names(language).items():
            # The first language wins where two call different countries by one name.
            found.setdefault(_plain(name), code)
    return (
        found
        | {_plain(text): code for text, code in MEANT.items()}
        | {code.lower(): code for code in _names("en")}
    )


def _plain(text: str) -> str:
    """Without accents, case, signs and blanks at the ends."""
    letters = unicodedata.normalize("NFKD", text).casefold().replace("&", " and ")
    bare = (sign for sign in letters if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in bare).split())
