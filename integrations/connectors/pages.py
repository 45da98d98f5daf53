"""The call for one page of a list: what is declared, and what its paging adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.endpoints import EndpointPlan
from integrations.connectors.following import At
from integrations.connectors.paging import Pager
from integrations.exceptions import DeclarationError
from integrations.http.client import Request


class PageCall:
    def __init__(self, endpoint: EndpointPlan, pager: Pager, used: set[str], field: str) -> None:
        self.endpoint = endpoint
        self.pager = pager
        asks = pager.asks()
        if asks and asks not in used:
            raise DeclarationError(
                f"{field}.paging",
                f"The call must carry where it goes on: name a param, or use {{{asks}}} in it.",
            )

    def request(self, at: At, scope: Mapping[str, Any], more: Sequence[tuple[str, str]] = ()) -> Request:
        """`more`: parameters that go with every page unless the platform gives its whole address."""
        request = self.endpoint.request({**scope, **self.pager.scope(at)})
        url = self.pager.url(at)
        if url:
            request.path, request.params = url, []
        elif self.pager.alone and at.get("cursor") is not None:
            request.params = self.pager.params(at)
        else:
            request.params += [*self.pager.params(at), *more]
        return request
