"""A mailing tool: profiles and the events that start campaigns.

POST /mail/events    Idempotency-Key; {email, event, occurred_at?, unique_id?, properties}; 202
GET  /mail/events?email=&unique_id=&updated_since=&page=&per_page=
PUT  /mail/profiles/{email}    {consent, first_name, last_name, segments}
GET  /mail/profiles?updated_since=&page=&per_page=        GET /mail/profiles/{email}

An event for someone who did not consent is refused (403, consent_missing) once the profile says so.
"""

from integrations.sandbox.clock import to_text
from integrations.sandbox.refusals import Refusal, no_such_address
from integrations.sandbox.store import Document
from integrations.sandbox.system import Core, Done, System, by_updated_at
from integrations.sandbox.wire import Request, Response

FIELDS = ("consent", "first_name", "last_name", "segments")


class Mail(System):
    def __init__(self, name: str, core: Core) -> None:
        super().__init__(name, core)
        self.events = core.store.index(self.table("events"), by_updated_at)
        self.of_email = core.store.index(self.table("events"), lambda event: (event["email"],))
        self.of_unique_id = core.store.index(self.table("events"), lambda event: (event["unique_id"] or "",))
        self.profiles = core.store.index(self.table("profiles"), by_updated_at)

    def respond(self, request: Request) -> Response:
        match request.method, request.segments:
            case "POST", ["events"]:
                return self.once(request, self.take)
            case "GET", ["events"]:
                email = request.query.get("email")
                only = None if email is None else self.of_email.equal((email,))
                if "unique_id" in request.query:
                    only = self.of_unique_id.equal((request.query["unique_id"],))
                return self.by_page(request, "events", self.events, only)
            case "GET", ["profiles"]:
                return self.by_page(request, "profiles", self.profiles)
            case "GET", ["profiles", email]:
                return Response(200, self.found("profiles", email, "profile"))
            case "PUT", ["profiles", email]:
                return self.once(request, lambda body: self.set_profile(email, body))
        raise no_such_address()

    def take(self, body: Document) -> Done:
        for name in ("email", "event"):
            if not isinstance(body.get(name), str) or not body[name]:
                raise Refusal(422, "required", f"{name} is needed.", name)
        profile = self.store.get(self.table("profiles"), body["email"])
        if profile is not None and profile["consent"] is False:
            raise Refusal(403, "consent_missing", "This person did not consent to mailings.", "email")
        number = self.store.number(self.table("events"))
        now = to_text(self.clock.now())
        event = {"id": f"ev_{number:08d}", "email": body["email"], "event": body["event"]}
        event |= {"occurred_at": body.get("occurred_at") or now, "unique_id": body.get("unique_id")}
        event |= {"properties": body.get("properties") or {}, "updated_at": now}
        self.store.put(self.table("events"), event["id"], event)
        return Done(event, "event.taken", event["id"], str(body.get("unique_id") or ""), status=202)

    def set_profile(self, email: str, body: Document) -> Done:
        known = self.store.get(self.table("profiles"), email)
        profile = known or {"id": email, "email": email, **dict.fromkeys(FIELDS)}
        profile |= {name: body[name] for name in FIELDS if name in body}
        profile["updated_at"] = to_text(self.clock.now())
        self.store.put(self.table("profiles"), email, profile)
        return Done(profile, "profile.set", email, status=200 if known else 201)
