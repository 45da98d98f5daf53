"""The shop's customers: their accounts, and what they said about being written to.

GET  /shop/customers?updated_since=&limit=&cursor=    oldest change first, as the orders are listed
GET  /shop/customers/{id}

`consents` is what holds now per channel, [{channel, given, at, source}]; `accepts_marketing` says the same of e-mail
alone. One who was erased stays in the list with `erased_at` and nothing else: else the erasure would be told to nobody.
"""

from integrations.sandbox.clock import to_text
from integrations.sandbox.people import consent_problems
from integrations.sandbox.refusals import Refusal, no_such_address
from integrations.sandbox.store import Document
from integrations.sandbox.system import System, by_updated_at
from integrations.sandbox.wire import Request, Response

FIELDS = (
    "name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "company",
    "address",
    "accepts_marketing",
    "consents",
    "tags",
)


class ShopCustomers:
    """Of one channel. `base` begins the ids."""

    def __init__(self, shop: System, base: int) -> None:
        self.shop, self.base = shop, base
        self.changed = shop.store.index(shop.table("customers"), by_updated_at)

    def respond(self, request: Request, rest: list[str]) -> Response:
        match request.method, rest:
            case "GET", []:
                return self.shop.by_cursor(request, "customers", self.changed)[1]
            case "GET", [identity]:
                return Response(200, self.shop.found("customers", identity, "customer"))
        raise no_such_address()

    # What follows is done by customers and the shop's staff, through /control.

    def register(self, asked: Document) -> Document:
        """A new account. `id`, `created_at` and `updated_at` may be given."""
        shop = self.shop
        with shop.store.transaction():
            number = shop.store.number(shop.table("customers"))
            now = to_text(shop.clock.now())
            customer = {"id": str(asked.get("id") or self.base + number), **dict.fromkeys(FIELDS)}
            customer |= {"consents": [], "tags": [], "created_at": asked.get("created_at") or now}
            customer |= {**_told(asked), "erased_at": None}
            return self._keep(customer, "customer.registered", asked.get("updated_at") or now)

    def edit(self, identity: str, asked: Document) -> Document:
        """Fields take the place of the old ones; `updated_at` may be given, for a change of long ago."""
        with self.shop.store.transaction():
            customer = self.shop.found("customers", identity, "customer")
            customer |= _told(asked)
            return self._keep(customer, "customer.edited", asked.get("updated_at"))

    def consent(self, identity: str, asked: Document) -> Document:
        """{channel, given, at?, source?}: takes the place of what this channel said before."""
        with self.shop.store.transaction():
            customer = self.shop.found("customers", identity, "customer")
            said: Document = {
                "channel": "email",
                "at": to_text(self.shop.clock.now()),
                "source": "account",
                **asked,
            }
            others = [one for one in customer["consents"] or [] if one["channel"] != said["channel"]]
            customer |= _told({"consents": [*others, said]})
            if said["channel"] == "email":
                customer["accepts_marketing"] = said["given"]
            return self._keep(customer, "customer.consented" if said["given"] else "customer.withdrew")

    def erase(self, identity: str) -> Document:
        with self.shop.store.transaction():
            customer = self.shop.found("customers", identity, "customer")
            at = to_text(self.shop.clock.now())
            bare = {"id": identity, **dict.fromkeys(FIELDS), "created_at": customer["created_at"]}
            return self._keep({**bare, "consents": [], "tags": [], "erased_at": at}, "customer.erased")

    def _keep(self, customer: Document, effect: str, at: str | None = None) -> Document:
        shop = self.shop
        customer["updated_at"] = at or to_text(shop.clock.now())
        shop.store.put(shop.table("customers"), customer["id"], customer)
        shop.webhooks.announce(shop.name, "customers/updated", customer)
        shop.books.record(shop.name, effect, customer["id"])
        return customer


def change(customers: ShopCustomers, identity: str, verb: str, asked: Document) -> Document | None:
    """None for a verb that there is not."""
    match verb:
        case "edit":
            return customers.edit(identity, asked)
        case "consent":
            return customers.consent(identity, asked)
        case "erase":
            return customers.erase(identity)
    return None


def _told(asked: Document) -> Document:
    problems = consent_problems(asked.get("consents"))
    if problems:
        raise Refusal(422, "", problems[0]["message"], more=problems)
    return {name: asked[name] for name in FIELDS if name in asked}
