"""A carrier: address checks, rates, labels, tracking.

POST /carrier/addresses/check  {country, postal_code, city, line1}    {"valid": bool, "messages": […]}
POST /carrier/rates            {to, parcels: [{weight_grams}]}         {"rates": [{service, amount, currency, days}]}
POST /carrier/labels           Idempotency-Key; {reference, service, to, parcels}
GET  /carrier/labels?reference=&updated_since=&page=&per_page=             GET /carrier/labels/{id}
POST /carrier/labels/{id}/void                                             409 when the parcel is on its way
GET  /carrier/tracking?updated_since=&page=&per_page=                      GET /carrier/tracking/{number}

A second label for a known reference under another key IS bought: that is money. Setting `idempotency`: "keys",
"lookup" (the key is ignored), "neither" (and the look-up by reference is refused).
"""

from collections.abc import Callable

from integrations.sandbox.clock import to_text
from integrations.sandbox.refusals import Refusal, no_such_address, problem
from integrations.sandbox.store import Document
from integrations.sandbox.system import Core, Done, System, by_updated_at
from integrations.sandbox.wire import Request, Response

STATES = ("pre_transit", "in_transit", "out_for_delivery", "delivered", "exception")
SERVICES = {"economy": (390, 5), "standard": (590, 3), "express": (1490, 1)}
NEEDED = ("name", "line1", "city", "postal_code", "country")


class Carrier(System):
    defaults = {"idempotency": "keys"}

    def __init__(self, name: str, core: Core) -> None:
        super().__init__(name, core)
        # Who is told at once what becomes of a parcel.
        self.followers: list[Callable[[Document], None]] = []
        self.labels = core.store.index(self.table("labels"), by_updated_at)
        self.references = core.store.index(self.table("labels"), lambda label: (label["reference"],))
        self.tracking = core.store.index(self.table("tracking"), by_updated_at)

    def honours_keys(self) -> bool:
        return bool(self.settings()["idempotency"] == "keys")

    def respond(self, request: Request) -> Response:
        match request.method, request.segments:
            case "POST", ["addresses", "check"]:
                wrong = _address_problems(request.json(), ("line1", "city", "postal_code", "country"), "")
                return Response(200, {"valid": not wrong, "messages": wrong})
            case "POST", ["rates"]:
                body = request.json()
                _refuse_incomplete(body)
                return Response(200, {"rates": [_rate(service, body) for service in SERVICES]})
            case "POST", ["labels"]:
                return self.once(request, self.buy)
            case "GET", ["labels"]:
                reference = request.query.get("reference")
                if reference is not None and self.settings()["idempotency"] == "neither":
                    message = "Labels cannot be looked up by reference."
                    raise Refusal(400, "unsupported_filter", message, "reference")
                only = None if reference is None else self.references.equal((reference,))
                return self.by_page(request, "labels", self.labels, only)
            case "GET", ["labels" | "tracking" as part, identity]:
                return Response(200, self.found(part, identity, part))
            case "POST", ["labels", identity, "void"]:
                return self.once(request, lambda body: self.void(identity))
            case "GET", ["tracking"]:
                return self.by_page(request, "tracking", self.tracking)
        raise no_such_address()

    def buy(self, body: Document) -> Done:
        _refuse_incomplete(body)
        service = body.get("service")
        if service not in SERVICES:
            message = f"service must be one of {', '.join(SERVICES)}."
            raise Refusal(422, "invalid", message, "service")
        number = self.store.number(self.table("labels"))
        now = to_text(self.clock.now())
        tracking = f"SBXL{number:09d}"
        label = {"id": f"lbl_{number:06d}", "reference": str(body.get("reference", "")), "state": "bought"}
        label |= {**_rate(service, body), "to": body["to"], "tracking_number": tracking}
        label |= {
            "label_url": f"https://labels.example.com/{number}.pdf",
            "created_at": now,
            "updated_at": now,
        }
        self.store.put(self.table("labels"), label["id"], label)
        self.track(tracking, self.name, label["reference"], label["id"])
        return Done(label, "label.bought", label["id"], label["reference"])

    def void(self, identity: str) -> Done:
        label = self.found("labels", identity, "label")
        if self.found("tracking", label["tracking_number"], "tracking")["state"] != "pre_transit":
            raise Refusal(409, "in_transit", "The parcel is on its way already.")
        label |= {"state": "voided", "updated_at": to_text(self.clock.now())}
        self.store.put(self.table("labels"), identity, label)
        return Done(label, "label.voided", identity, label["reference"], status=200)

    def track(self, number: str, carrier: str, reference: str, label_id: str | None = None) -> None:
        """Begins to follow a parcel, unless it is followed already; call it inside a transaction."""
        if self.store.get(self.table("tracking"), number) is not None:
            return
        now = to_text(self.clock.now())
        parcel: Document = {
            "id": number,
            "tracking_number": number,
            "carrier": carrier,
            "reference": reference,
            "label_id": label_id,
        }
        parcel |= {"state": STATES[0], "events": [{"state": STATES[0], "at": now}], "updated_at": now}
        self.store.put(self.table("tracking"), number, parcel)

    def advance(self, number: str, state: str) -> Document:
        """Moves a parcel to a state, as the carrier's people do."""
        if state not in STATES:
            raise Refusal(422, "invalid", f"state must be one of {', '.join(STATES)}.", "state")
        with self.store.transaction():
            parcel = self.found("tracking", number, "parcel")
            now = to_text(self.clock.now())
            parcel["events"].append({"state": state, "at": now})
            parcel |= {"state": state, "updated_at": now}
            self.store.put(self.table("tracking"), number, parcel)
            self.books.record(self.name, f"parcel.{state}", number, reference=parcel["reference"])
            for follow in self.followers:
                follow(parcel)
        return parcel


def _refuse_incomplete(body: Document) -> None:
    problems = _address_problems(body.get("to") or {}, NEEDED, "to.")
    if not body.get("parcels"):
        problems.append(problem("required", "At least one parcel is needed.", "parcels"))
    if problems:
        raise Refusal(422, "", problems[0]["message"], more=problems)


def _address_problems(address: Document, needed: tuple[str, ...], prefix: str) -> list[dict[str, str]]:
    empty = [name for name in needed if not address.get(name)]
    return [problem("required", f"{name} is needed.", prefix + name) for name in empty]


def _rate(service: str, body: Document) -> Document:
    cents, days = SERVICES[service]
    weight = sum(int(parcel.get("weight_grams", 0)) for parcel in body["parcels"])
    cents += weight // 10
    return {
        "service": service,
        "amount": f"{cents // 100}.{cents % 100:02d}",
        "currency": "EUR",
        "days": days,
    }
