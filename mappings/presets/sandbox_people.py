"""Customers of the sandbox's shop, contacts of its CRM, users and tickets of its help desk.

A contact's phone and company are the salespeople's, so the shop does not write them into the CRM. Only of a person
without an e-mail address is the phone written there, since nothing else would tell who it is.
"""

from __future__ import annotations

from .preset import Preset, rule

_ADDRESS = ("line1", "line2", "city", "region", "postal_code", "country")
_CONSENTS_READ = (
    rule("consents[]", "consents"),
    rule("consents[].channel", "channel"),
    rule("consents[].given", "given"),
    rule("consents[].at", "at", "time"),
    rule("consents[].source", "source"),
)
_CONSENTS_WRITE = (
    rule("consents[]", "consents"),
    rule("consents[].channel", "channel"),
    rule("consents[].given", "given"),
    rule("consents[].at", "at", "to_time"),
    rule("consents[].source", "source"),
)
_CHANGED = (rule("created_at", "created_at", "time"), rule("updated_at", "updated_at", "time"))

CUSTOMERS_READ = Preset(
    name="Sandbox shop: customers",
    direction="read",
    platform="sandbox_shop",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("name", "name"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        rule("company", "company"),
        rule("email", "email", "email"),
        rule("phone", "phone", "phone", arguments={"country": "= address.country"}),
        rule(
            "extra.phone_alone",
            "{p: phone, e: email} | [@][?!e] | [0].p",
            "phone",
            arguments={"country": "= address.country"},
        ),
        *(rule(f"address.{name}", f"address.{name}") for name in _ADDRESS),
        rule("accepts_marketing", "accepts_marketing"),
        rule("tags", "tags"),
        *_CONSENTS_READ,
        *_CHANGED,
    ),
)
CONTACTS_READ = Preset(
    name="Sandbox CRM: contacts",
    direction="read",
    platform="sandbox_crm",
    resource="contacts",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("name", "name"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        rule("company", "company"),
        rule("email", "email", "email"),
        rule("phone", "phone", "phone", arguments={"country": "= address.country"}),
        *(rule(f"address.{name}", f"address.{name}") for name in _ADDRESS),
        *_CONSENTS_READ,
        *_CHANGED,
    ),
)
CONTACTS_WRITE = Preset(
    name="Sandbox CRM: contacts",
    direction="write",
    platform="sandbox_crm",
    resource="contacts",
    kind="customer",
    rules=(
        rule("email", "email", "email"),
        rule("phone", "extra.phone_alone"),
        rule("name", "name"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        *(rule(f"address.{name}", f"address.{name}") for name in _ADDRESS),
        *_CONSENTS_WRITE,
    ),
)
USERS_READ = Preset(
    name="Sandbox help desk: users",
    direction="read",
    platform="sandbox_desk",
    resource="users",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("name", "name"),
        rule("company", "company"),
        rule("email", "email", "email"),
        rule("phone", "phone", "phone"),
        *_CONSENTS_READ,
        *_CHANGED,
    ),
)
USERS_WRITE = Preset(
    name="Sandbox help desk: users",
    direction="write",
    platform="sandbox_desk",
    resource="users",
    kind="customer",
    rules=(
        rule("email", "email", "email"),
        rule("name", "name"),
        rule("phone", "phone"),
        rule("company", "company"),
        *_CONSENTS_WRITE,
    ),
)
TICKETS_READ = Preset(
    name="Sandbox help desk: tickets",
    direction="read",
    platform="sandbox_desk",
    resource="tickets",
    kind="ticket",
    rules=(
        rule("id", "id", required=True),
        rule("number", "number"),
        rule("title", "subject"),
        rule("status", "status"),
        rule("email", "email"),
        rule("order_number", "order_number"),
        *_CHANGED,
    ),
)

PROFILES_WRITE = Preset(
    name="Sandbox mailing tool: profiles",
    direction="write",
    platform="sandbox_mail",
    resource="profiles",
    kind="customer",
    rules=(
        # It takes each spelling for a profile of its own.
        rule("email", "email", "lower"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        rule("consent", "accepts_marketing"),
    ),
)

PRESETS: dict[str, Preset] = {
    "sandbox-shop-customers": CUSTOMERS_READ,
    "sandbox-crm-contacts-read": CONTACTS_READ,
    "sandbox-crm-contacts": CONTACTS_WRITE,
    "sandbox-desk-users-read": USERS_READ,
    "sandbox-desk-users": USERS_WRITE,
    "sandbox-desk-tickets": TICKETS_READ,
    "sandbox-mail-profiles": PROFILES_WRITE,
}
