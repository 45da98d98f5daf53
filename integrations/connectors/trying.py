"""What the test button does with a connector that does what a declaration says."""

from __future__ import annotations

from typing import Any

from integrations.connectors.base import Connector, TestReport
from integrations.connectors.details import Turn
from integrations.connectors.failures import Rules
from integrations.connectors.plan import Plan
from integrations.exceptions import Failure, TokenExpired
from integrations.http.auth import Auth, Session
from integrations.http.client import HttpClient


class TriedConnector(Connector):
    """Logs in, makes one call, and where the declaration names none reads one page of all that can be read."""

    plan: Plan
    auth: Auth
    client: HttpClient
    settings: dict[str, Any]
    _turn: Turn

    def test(self) -> TestReport:
        report = TestReport()
        try:
            self._try_login(report)
            self._try_call(report)
        except TokenExpired as expired:
            report.add("Calling", False, lacks_right(expired).sentence)
        except Failure as failure:
            report.add(_place_of(failure, self.client.host), False, failure.sentence)
        return report

    def _try_login(self, report: TestReport) -> None:
        if not isinstance(self.auth, Session) or (self.consent is not None and not self.auth.is_missing()):
            # A person's access is renewed by whoever keeps it: what a renewal gives here would be lost, and what was
            # kept before is worth nothing then.
            return
        self._turn()
        self.use_token(self.login())
        report.add("Logging in", True, f"{self.client.host} opened a session.")

    def _try_call(self, report: TestReport) -> None:
        endpoint = self.plan.test_endpoint
        if endpoint is not None:
            self._turn()
            response = self.client.send(endpoint.request({"settings": self.settings}))
            Rules(self.plan.rules.rules, graphql=endpoint.is_graphql).judge(self.client, response)
            expects = self.plan.test_expects
            well = expects is None or expects(response.json)
            report.add(
                "Calling", well, "It answered." if well else "It answered something else than is expected."
            )
            return
        readable = [name for name, plan in self.plan.resources.items() if plan.list is not None]
        for name in readable:
            self._turn()
            page = self.read(name, since=None, position=None)
            report.add(f"Reading {name}", True, f"{len(page.items)} on the first page.")
            if page.items and self.plan.resources[name].fetch is not None:
                self._try_fetch(report, name, page.items[0].external_id)
        if not readable:
            report.add(
                "Address",
                True,
                "There is nothing to read here; whether writing works is seen at the first write.",
            )

    def _try_fetch(self, report: TestReport, name: str, external_id: str) -> None:
        """What is listed must be there one by one: by a wrong address each thing would look as if it were gone."""
        self._turn()
        found = self.fetch(name, external_id)
        well = found is not None and found.external_id == external_id
        sentence = "The first of them was fetched."
        if not well:
            sentence = (
                f"{self.client.name} lists {external_id}, but it is not there when it is asked for alone. "
                f"Correct resources.{name}.fetch in the declaration."
            )
        report.add(f"Fetching one of {name}", well, sentence)


def lacks_right(expired: TokenExpired) -> Failure:
    return Failure.config(
        "forbidden",
        expired.sentence.removesuffix(" Logging in again.")
        + " That is right after a login, so the account lacks the right. Give it the right there, then retry.",
        status=expired.status,
        request_id=expired.request_id,
        evidence=expired.evidence,
    )


def _place_of(failure: Failure, host: str) -> str:
    if failure.code in ("host_down", "host_not_allowed", "certificate"):
        return f"Reaching {host}"
    return "Logging in" if failure.code == "unauthorized" else "Calling"
