"""A help desk: the people who write, and their tickets.

GET  /desk/users?updated_since=&page=&per_page=        GET /desk/users/{id}
GET  /desk/users/search?email= or ?phone=              {"users": […]}, the oldest first
POST /desk/users               Idempotency-Key         PATCH /desk/users/{id}        DELETE /desk/users/{id}
GET  /desk/tickets?updated_since=&page=&per_page=      GET /desk/tickets/{id}
GET  /desk/tickets?order_number=                       those about one order
POST /desk/tickets             Idempotency-Key; {subject, user_id or email, order_number?, status?, tags?}
PATCH /desk/tickets/{id}       {status, subject, order_number, tags}; a closed ticket is not changed any more (409)

Whoever writes for the first time becomes a user. Two users with one address are taken, as with the CRM.
"""

from integrations.sandbox.clock import to_text
from integrations.sandbox.people import People
from integrations.sandbox.refusals import Refusal, no_such_address
from integrations.sandbox.store import Document
from integrations.sandbox.system import Core, Done, System, by_updated_at
from integrations.sandbox.wire import Request, Response

FIELDS = ("name", "email", "phone", "company", "notes", "consents", "tags")
TICKET = ("subject", "status", "order_number", "tags", "channel")
STATUSES = ("open", "pending", "solved", "closed")


class Desk(System):
    defaults: Document = {"idempotency": "keys", "search_lag": 0}

    def __init__(self, name: str, core: Core) -> None:
        super().__init__(name, core)
        self.users = People(self, "users", "user", "usr", FIELDS)
        self.tickets = core.store.index(self.table("tickets"), by_updated_at)
        self.of_order = core.store.index(
            self.table("tickets"), lambda one: (one["order_number"],) if one["order_number"] else None
        )

    def honours_keys(self) -> bool:
        return bool(self.settings()["idempotency"] == "keys")

    def respond(self, request: Request) -> Response:
        match request.method, request.segments:
            case _, ["users", *rest]:
                answer = self.users.respond(request, rest)
                if answer is not None:
                    return answer
            case "GET", ["tickets"]:
                number = request.query.get("order_number")
                only = None if number is None else self.of_order.equal((number.lstrip("#"),))
                return self.by_page(request, "tickets", self.tickets, only)
            case "GET", ["tickets", identity]:
                return Response(200, self.found("tickets", identity, "ticket"))
            case "POST", ["tickets"]:
                return self.once(request, self.open_ticket)
            case (("PUT" | "PATCH"), ["tickets", identity]):
                return self.once(request, lambda body: self.change_ticket(identity, body))
        raise no_such_address()

    def open_ticket(self, body: Document) -> Done:
        if not str(body.get("subject") or "").strip():
            raise Refusal(422, "required", "A ticket needs a subject.", "subject")
        user = self._writer(body)
        number = self.store.number(self.table("tickets"))
        now = body.get("created_at") or to_text(self.clock.now())
        ticket: Document = {"id": f"tkt_{number:06d}", "number": str(number), "user_id": user["id"]}
        ticket |= {
            "email": user["email"],
            "status": "open",
            "order_number": None,
            "tags": [],
            "channel": "email",
        }
        ticket |= {**self._told(body), "created_at": now, "updated_at": to_text(self.clock.now())}
        self.store.put(self.table("tickets"), ticket["id"], ticket)
        return Done(ticket, "ticket.opened", ticket["id"], ticket["order_number"] or "")

    def change_ticket(self, identity: str, body: Document) -> Done:
        ticket = self.found("tickets", identity, "ticket")
        if ticket["status"] == "closed":
            raise Refusal(409, "closed", "A closed ticket is not changed any more.", "status")
        ticket |= {**self._told(body), "updated_at": to_text(self.clock.now())}
        self.store.put(self.table("tickets"), identity, ticket)
        return Done(ticket, "ticket.changed", identity, ticket["order_number"] or "", status=200)

    def ticket_by_staff(self, identity: str, body: Document) -> Document:
        """A customer writes, or (with an id) an agent changes a ticket."""
        with self.store.transaction():
            done = self.change_ticket(identity, body) if identity else self.open_ticket(body)
            self.record(done)
        return done.payload

    def _writer(self, body: Document) -> Document:
        if body.get("user_id"):
            return self.found("users", str(body["user_id"]), "user")
        email = str(body.get("email") or "")
        if not email:
            raise Refusal(422, "required", "A ticket needs a user_id or an email.", "email")
        known = self.users.by_email.equal((email.strip().casefold(),))
        if known:
            return self.found("users", known[0], "user")
        made = self.users.create({"name": body.get("name") or email, "email": email})
        self.record(made)
        return made.payload

    def _told(self, body: Document) -> Document:
        told = {name: body[name] for name in TICKET if name in body}
        if told.get("status", "open") not in STATUSES:
            raise Refusal(422, "invalid", f"status must be one of {', '.join(STATUSES)}.", "status")
        if told.get("order_number"):
            told["order_number"] = str(told["order_number"]).lstrip("#")
        return told
