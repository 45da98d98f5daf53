"""People as a system keeps them: a table that is listed by change, searched by e-mail and phone, and lets doubles in.

Real CRMs and help desks take a second contact with the same address without a word. So do these.
"""

import re

from integrations.sandbox.clock import to_moment, to_text
from integrations.sandbox.refusals import Refusal, problem
from integrations.sandbox.store import Document
from integrations.sandbox.system import Done, System, by_updated_at
from integrations.sandbox.wire import Request, Response

CHANNELS = ("email", "sms", "phone", "post")


def same_email(text: str) -> str:
    """Addresses are searched without regard to case and to spaces around them, as vendors do it."""
    return text.strip().casefold()


def same_phone(text: str) -> str:
    """Numbers are searched by their digits."""
    return re.sub(r"\D", "", text)


class People:
    """One table of people of a system. `fields` are what may be written; `part` is its name in paths and lists.

    `prefix` begins the ids, `what` names one of them ("contact") in refusals and in the books.
    """

    def __init__(self, system: System, part: str, what: str, prefix: str, fields: tuple[str, ...]) -> None:
        self.system, self.part, self.what, self.prefix, self.fields = system, part, what, prefix, fields
        store, table = system.store, system.table(part)
        self.changed = store.index(table, by_updated_at)
        self.by_email = store.index(table, lambda one: _key(same_email, one.get("email")))
        self.by_phone = store.index(table, lambda one: _key(same_phone, one.get("phone")))

    def respond(self, request: Request, rest: list[str]) -> Response | None:
        """None where the call is not one of these."""
        match request.method, rest:
            case "GET", []:
                return self.system.by_page(request, self.part, self.changed)
            case "GET", ["search"]:
                return self.search(request)
            case "GET", [identity]:
                return Response(200, self.system.found(self.part, identity, self.what))
            case "POST", []:
                return self.system.once(request, self.create)
            case (("PUT" | "PATCH"), [identity]):
                return self.system.once(request, lambda body: self.change(identity, body))
            case "DELETE", [identity]:
                return self.system.once(request, lambda body: self.remove(identity))
        return None

    def search(self, request: Request) -> Response:
        """By `email` or `phone`, the oldest first. What is younger than the setting `search_lag` (seconds) is not
        found yet, as with every vendor whose search is an index of its own."""
        email, phone = request.query.get("email"), request.query.get("phone")
        if not email and not phone:
            raise Refusal(400, "required", "Search by email or by phone.", "email")
        system = self.system
        with system.store.lock:
            found = self.by_email.equal((same_email(email),)) if email else []
            found += self.by_phone.equal((same_phone(phone),)) if phone else []
            shown_until = system.clock.now() - 1000 * float(system.settings().get("search_lag", 0))
            rows = [
                one
                for identity in dict.fromkeys(found)
                if (one := system.store.get(system.table(self.part), identity)) is not None
                and to_moment(one["created_at"]) <= shown_until
            ]
        return Response(200, {self.part: sorted(rows, key=lambda one: str(one["created_at"]))})

    def create(self, body: Document) -> Done:
        self._check(body)
        system = self.system
        identity = f"{self.prefix}_{system.store.number(system.table(self.part)):06d}"
        now = to_text(system.clock.now())
        one = {"id": identity, **dict.fromkeys(self.fields), **self._told(body)}
        one |= {"created_at": now, "updated_at": now}
        system.store.put(system.table(self.part), identity, one)
        return Done(one, f"{self.what}.created", identity, _reference(one), detail=self._told(body))

    def change(self, identity: str, body: Document) -> Done:
        """What is not named stays as it is."""
        one = self.system.found(self.part, identity, self.what)
        self._check({**one, **body})
        one |= {**self._told(body), "updated_at": to_text(self.system.clock.now())}
        self.system.store.put(self.system.table(self.part), identity, one)
        detail = self._told(body)
        return Done(one, f"{self.what}.changed", identity, _reference(one), status=200, detail=detail)

    def remove(self, identity: str) -> Done:
        self.system.found(self.part, identity, self.what)
        self.system.store.remove(self.system.table(self.part), identity)
        return Done({"id": identity}, f"{self.what}.removed", identity, status=200)

    def by_staff(self, verb: str, identity: str, body: Document) -> Document:
        """What somebody does on the system's own screen: `create`, `edit`, `remove`."""
        actions = {"create": lambda: self.create(body), "edit": lambda: self.change(identity, body)}
        with self.system.store.transaction():
            done = actions.get(verb, lambda: self.remove(identity))()
            self.system.record(done)
        return done.payload

    def _told(self, body: Document) -> Document:
        return {name: body[name] for name in self.fields if name in body}

    def _check(self, body: Document) -> None:
        problems = []
        if not any(str(body.get(name) or "").strip() for name in ("name", "email", "phone")):
            problems.append(
                problem("required", f"A {self.what} needs a name, an e-mail or a phone.", "email")
            )
        if body.get("email") and "@" not in str(body["email"]):
            problems.append(problem("invalid", "email is not an address.", "email"))
        problems += consent_problems(body.get("consents"))
        if problems:
            raise Refusal(422, "", problems[0]["message"], more=problems)


def consent_problems(consents: object) -> list[dict[str, str]]:
    """What is wrong with a list of {channel, given, at, source}."""
    if consents is None:
        return []
    if not isinstance(consents, list):
        return [problem("invalid", "consents must be a list.", "consents")]
    found = []
    for place, one in enumerate(consents):
        if not isinstance(one, dict) or one.get("channel") not in CHANNELS:
            channels = ", ".join(CHANNELS)
            found.append(
                problem("invalid", f"channel must be one of {channels}.", f"consents.{place}.channel")
            )
        elif not isinstance(one.get("given"), bool):
            found.append(problem("invalid", "given must be true or false.", f"consents.{place}.given"))
    return found


def _key(same: object, text: object) -> tuple[str, ...] | None:
    key = same(text) if isinstance(text, str) and callable(same) else ""
    return (key,) if key else None


def _reference(one: Document) -> str:
    return same_email(str(one.get("email") or ""))
