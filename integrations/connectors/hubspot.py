"""HubSpot CRM: https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/objects/guide

- A search gives no more than 10,000 results and sorts by one property alone. It is sorted by id here, and goes on
  behind the last id seen: no search is ever paged, and many things that were changed in one moment are no trouble
  (https://developers.hubspot.com/docs/api-reference/legacy/crm/search-the-crm).
- Contacts are known by their e-mail address. Orders and deals are known by a property with unique values, which the
  account makes for it: only then is a write that is sent twice done once.
- Events come as a list of up to 100, in no order, so the things that they name are fetched
  (https://developers.hubspot.com/docs/api-reference/legacy/webhooks/guide).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from integrations.connectors.base import Answer, Call, Page, SettingField, WriteContext
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.hubspot_declaration import ADDRESS, DECLARATION, UI_DOMAIN, UNIQUE_PROPERTY
from integrations.connectors.native import native_of
from integrations.connectors.one_by_one import one_by_one
from integrations.exceptions import Failure, Kind
from integrations.http.client import Request

# Seconds for what a refused batch holds, one by one: the batch, this and the last of them fit into one lease.
ONE_BY_ONE = 8.0


class HubSpot(DeclaredConnector):
    platform = "hubspot"
    label = "HubSpot"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Leave it as it is: test accounts and real ones have the same address and differ by the token.",
        ),
        SettingField(
            "unique_property",
            "Unique property of orders and deals",
            required=False,
            default=UNIQUE_PROPERTY,
            help_text="Internal name of the property that holds the shop's id of an order.",
        ),
        SettingField(
            "hub_id",
            "Hub ID",
            required=False,
            help_text="Number of the account: click your picture in HubSpot, it stands beside the account's name. With "
            "it, contacts, deals and orders here lead to their page in HubSpot.",
        ),
        SettingField(
            "ui_domain",
            "Address of HubSpot in your browser",
            required=False,
            default=UI_DOMAIN,
            help_text="Only where the address bar shows another one, such as app-eu1.hubspot.com.",
        ),
        SettingField(
            "token", "Access token", secret=True, help_text="Of a private app; it begins with pat-."
        ),
        SettingField(
            "webhook_secret",
            "Client secret of the app",
            required=False,
            secret=True,
            help_text="Webhooks are signed with it.",
        ),
    )
    facts = Facts(
        group=Group.CRM,
        documentation="https://developers.hubspot.com/docs/api-reference/overview",
        native_integrations=native_of("hubspot"),
        # Both end in September 2027, v3 by the changelog and 2026-03 eighteen months after it came. No day is told for
        # v3, so the first one counts: https://developers.hubspot.com/docs/developer-tooling/platform/versioning
        api_version=ApiVersion(
            "v3 and 2026-03",
            ends=date(2027, 9, 1),
            source="https://developers.hubspot.com/changelog/"
            "legacy-apis-and-legacy-apps-whats-going-unsupported-and-when",
        ),
        credentials=(
            "In HubSpot open Development → Legacy apps, click “Create legacy app” and choose “Private”.",
            "On the tab “Scopes” add crm.objects.contacts, crm.objects.orders and crm.objects.deals, read and write.",
            "Create the app, open its tab “Auth” and copy the access token (pat-…) into “Access token”.",
            "To write orders or deals, open Settings → Properties, choose the object and click “Create property”.",
            "Make it a single-line text with the internal name crossdock_id, and tick “Require unique values”.",
        ),
        verified=Verified.CONTRACT,
        verified_against="HubSpot's OpenAPI documents of August 2026: CRM objects v3, and associations v4 for those of "
        "2026-03, which keep its form. Names of properties are in no document, and stand as HubSpot's guides name them",
        limits="5 searches a second, and 100 calls in 10 seconds in free accounts (190 in others); Crossdock makes up "
        "to 5 calls a second, each with up to 100 records.",
        traps=(
            "Every value of a property is a text, amounts and times too.",
            "An order or deal is joined to the contact with its e-mail address; where there is none, one is made.",
            "A currency must be set up in HubSpot before amounts in it are taken.",
            "Stages of a pipeline differ per account: look at dealstage in the mapping of deals before the first run.",
        ),
        lacks=(
            "Line items are not written: an order's amounts, status and address are.",
            "Properties of your own can be written by a mapping and are not read.",
            "OAuth apps are not supported, private apps are.",
        ),
        webhooks="In the app open the tab “Webhooks”, enter this connection's webhook address as the target URL and "
        "subscribe to created, deleted and property changed of contacts, deals and orders. Then copy the app's client "
        "secret from its tab “Auth”.",
    )
    declaration = DECLARATION

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        """Refuses a page that is not sorted by id: what lies behind its last id would not be the rest of the list."""
        page = super().read(resource, since=since, position=position, not_final=not_final)
        ids = [int(item.external_id) for item in page.items]
        if page.next_position is not None and ids != sorted(ids):
            raise Failure.config(
                "not_sorted",
                f"{self.client.name} does not sort {resource} by id as it is asked to. "
                "The read was stopped, since some of them would be left out.",
            )
        return page

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        """What is known to be empty is written as an empty text, by which HubSpot clears a property."""
        properties = context.body.get("properties")
        if isinstance(properties, dict):
            cleared = {name: "" if value is None else value for name, value in properties.items()}
            context = replace(context, body={**context.body, "properties": cleared})
        return super().prepare(resource, context, step, key)

    def send(self, call: Call) -> Answer:
        if call.step == 0:
            return super().send(call)
        email = call.body["inputs"][0].get("to", {}).get("id")
        if not email:
            # A guest without an address: the order stands alone.
            return Answer(external_id=call.external_id)
        joined = {"from": {"id": call.external_id}, "to": {"id": self._contact(str(email))}}
        return super().send(replace(call, body={"inputs": [joined]}))

    def _contact(self, email: str) -> str:
        """Its id; one that is not there is made, since orders come from people of whom nothing else is known."""
        found = self.lookup("contacts", email)
        if found is not None:
            return found.external_id
        contact = {"idProperty": "email", "id": email, "properties": {"email": email}}
        request = Request(
            "POST", "/crm/v3/objects/contacts/batch/upsert", body={"inputs": [contact]}, writes=True
        )
        return str(self.ask(request)["results"][0]["id"])

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """A batch may be refused whole for one of its records: then each is sent by itself, as far as time goes."""
        try:
            return super().send_batch(calls)
        except Failure as refused:
            if refused.kind != Kind.DATA or refused.in_doubt:
                raise
        ends = time.monotonic() + ONE_BY_ONE
        return one_by_one(calls, self.send, self.client.name, ends)
