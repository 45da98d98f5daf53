"""What a person wants to know of Odoo before connecting it."""

from __future__ import annotations

from integrations.connectors.facts import Facts, Group, Verified

FACTS = Facts(
    group=Group.ERP,
    documentation="https://www.odoo.com/documentation/19.0/developer/reference/external_api.html",
    credentials=(
        "In Odoo open Settings → Users & Companies → Users and make a user for Crossdock, of one company only.",
        "Give it the rights Sales: Administrator, Inventory: Administrator and Invoicing: Billing.",
        "Log in as this user, click its picture → Preferences → Security → New API Key, for the longest time offered.",
        "Copy the key into “API key”. Odoo shows it once, and from version 19 on it lasts three months at most.",
        "Before version 19, also enter the user's login and the database (on Odoo Online, the part before .odoo.com).",
        "To try it first, duplicate the database (Odoo Online: Manage → Duplicate) and connect the copy's address.",
    ),
    verified=Verified.UNVERIFIED,
    verified_against="Odoo's guides to its external API, and the parts of its source code that answer these calls; "
    "Odoo publishes no description of its API, and no running Odoo was tried",
    limits="Odoo names none for its own servers and asks for few calls at a time on Odoo Online: Crossdock makes up to "
    "4 a second, 2 at a time.",
    traps=(
        "Odoo Online gives access to its API on Custom plans only.",
        "Odoo works out the taxes by its own settings: whether prices hold tax must be the same there as in the shop.",
        "An order is confirmed only where Odoo comes to the shop's total; else it stays a quotation for a person.",
        "When it confirms an order, Odoo sets its date to that day.",
        "An order is known by its customer reference: do not send orders of two shops with the same numbers.",
        "Shipping costs need a product of their own: enter its internal reference at the connection.",
        "An order in a currency that is not the company's needs a price list in it.",
        "Payments and deliveries do not move an order's time of change: those of the last 30 days are read again.",
        "Stock is set at one location. What lies in locations below it counts beside.",
        "Before version 16, a new name or price of a product does not move the time of its variants.",
    ),
    lacks=(
        "Odoo signs no webhooks, so it is read in intervals.",
        "Deliveries are told by what was delivered of each line; tracking numbers are not read, and none are written.",
        "Invoices and refunds are read, not made.",
        "Products that are tracked by lot or serial number are counted in Odoo.",
        "A confirmed order's lines are changed in Odoo; here its addresses are.",
    ),
)
