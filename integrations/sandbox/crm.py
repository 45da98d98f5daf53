"""A CRM: contacts, as salespeople keep them.

GET  /crm/contacts?updated_since=&page=&per_page=      oldest change first, with the total
GET  /crm/contacts/search?email= or ?phone=            {"contacts": […]}, the oldest first; without regard to case
GET  /crm/contacts/{id}
POST /crm/contacts             Idempotency-Key; needs one of name, email and phone
PATCH /crm/contacts/{id}       what is not named stays         DELETE /crm/contacts/{id}

Two contacts with one address are taken, as real CRMs take them: a doubled person shows in the books.
Settings: `idempotency` "keys" or "lookup" (the header is ignored); `search_lag`, seconds until a new contact is found.
"""

from integrations.sandbox.people import People
from integrations.sandbox.refusals import no_such_address
from integrations.sandbox.store import Document
from integrations.sandbox.system import Core, System
from integrations.sandbox.wire import Request, Response

FIELDS = (
    "name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "company",
    "owner",
    "address",
    "consents",
    "tags",
)


class Crm(System):
    defaults: Document = {"idempotency": "keys", "search_lag": 0}

    def __init__(self, name: str, core: Core) -> None:
        super().__init__(name, core)
        self.contacts = People(self, "contacts", "contact", "con", FIELDS)

    def honours_keys(self) -> bool:
        return bool(self.settings()["idempotency"] == "keys")

    def respond(self, request: Request) -> Response:
        if request.segments[:1] == ["contacts"]:
            answer = self.contacts.respond(request, request.segments[1:])
            if answer is not None:
                return answer
        raise no_such_address()
