"""The page of a platform on which a person sees one thing: what a link in the portal leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from integrations.connectors.templates import MISSING, Names, as_text, check_path, look, pieces_of
from integrations.exceptions import DeclarationError

EXTERNAL_ID = "external_id"


class PagePlan:
    """Raises DeclarationError for what could be no address."""

    def __init__(self, text: str, names: Names, field: str) -> None:
        self.pieces = pieces_of(text, names.with_scope(EXTERNAL_ID), field)
        check_path(self.pieces, field)
        first = self.pieces[0]
        if isinstance(first, str) and not first.startswith(("https://", "http://")):
            raise DeclarationError(field, "It begins with https://, or with a variable that does.")
        if (EXTERNAL_ID,) not in self.pieces:
            raise DeclarationError(field, "It must name the thing: put {external_id} where its id stands.")

    def __call__(self, settings: Mapping[str, Any], external_id: str) -> str:
        """ "" where a variable is not filled in, or would make something else of it than a page."""
        written = []
        for place, piece in enumerate(self.pieces):
            if isinstance(piece, str):
                written.append(piece)
                continue
            found = look({"settings": settings, EXTERNAL_ID: external_id}, piece)
            if found is MISSING or found == "":
                return ""
            # The address itself is a variable where it comes first; elsewhere a value is one part of the way.
            written.append(as_text(found).rstrip("/") if place == 0 else quote(as_text(found), safe=""))
        return _resolved("".join(written))


def _resolved(address: str) -> str:
    """An API often stands beside the pages: "{base_url}/../admin" is one step up from it."""
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return ""
    way: list[str] = []
    for step in parts.path.split("/"):
        if step == "..":
            way = way[:-1] or way
        else:
            way.append(step)
    return parts._replace(path="/".join(way)).geturl()
