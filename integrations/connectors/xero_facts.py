"""What is filled in for a connection to Xero, and what a person wants to know before."""

from __future__ import annotations

from integrations.connectors.base import SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL
from integrations.connectors.native import native_of
from integrations.connectors.xero_books import EXCLUSIVE, INCLUSIVE, NO_TAX
from integrations.connectors.xero_declaration import ADDRESS, SCOPE

SETTINGS = (
    SettingField(
        BASE_URL.name,
        "Address",
        kind="url",
        required=False,
        default=ADDRESS,
        help_text="Leave it as it is. For trying out, choose the demo company on Xero's page when you connect.",
    ),
    SettingField(
        "tenant_id",
        "Organisation",
        required=False,
        help_text="Its id. Leave it empty where access is given to one alone; the test names all of them.",
    ),
    SettingField(
        "short_code",
        "Short code",
        required=False,
        help_text="Such as !23vYd: it stands behind go.xero.com/app/ in the address bar. With it, invoices and "
        "contacts here lead to their page in Xero.",
    ),
    SettingField(
        "sales_account",
        "Account for sales",
        required=False,
        default="200",
        help_text="Code in the chart of accounts that the lines of invoices and credit notes are booked to.",
    ),
    SettingField(
        "payment_account",
        "Account for payments",
        required=False,
        help_text="Code of the account that money comes into and is paid back from, such as a clearing account for the "
        "payment provider. It must be a bank account, or have “Enable payments to this account” ticked.",
    ),
    SettingField(
        "tax_type",
        "Tax type",
        required=False,
        help_text="Such as OUTPUT2. Leave it empty to use that of the account.",
    ),
    SettingField(
        "zero_tax_type",
        "Tax type of what is not taxed",
        required=False,
        help_text="Such as ZERORATEDOUTPUT or NONE, for lines on which the shop took no tax.",
    ),
    SettingField(
        "prices",
        "Prices",
        required=False,
        choices=(
            (INCLUSIVE, "Include tax"),
            (EXCLUSIVE, "Tax comes on top"),
            (NO_TAX, "There is no tax"),
        ),
        help_text="Choose nothing where they differ: the total of each order then tells whether tax is included.",
    ),
    SettingField(
        "invoice_status",
        "New invoices are",
        required=False,
        default="AUTHORISED",
        choices=(
            ("AUTHORISED", "Approved: they are in the books and can be paid"),
            ("SUBMITTED", "Awaiting approval"),
            ("DRAFT", "Drafts"),
        ),
    ),
    SettingField(
        "scope",
        "Scopes",
        required=False,
        default=SCOPE,
        help_text="What Xero's page asks the person for. An app that was made before March 2026 may need "
        "accounting.transactions in place of accounting.invoices and accounting.payments.",
    ),
    SettingField("client_id", "Client id of the app", secret=True),
    SettingField("client_secret", "Client secret of the app", secret=True),
    SettingField(
        "webhook_secret",
        "Webhooks key",
        required=False,
        secret=True,
        help_text="Of the app's page “Webhooks”.",
    ),
)
FACTS = Facts(
    group=Group.ERP,
    documentation="https://developer.xero.com/documentation/api/accounting/overview",
    native_integrations=native_of("xero"),
    credentials=(
        "Open developer.xero.com, sign in, choose My Apps → New app, and of the kinds “Web app”.",
        "Enter as its redirect URI the redirect address that this page shows.",
        "On the app's page “Configuration” copy the client id, and click “Generate a secret” for the client secret.",
        "Enter both here, save, press “Connect”, and choose the organisation on Xero's page.",
        "Test the connection: it names the organisation that bookings go to.",
        "Enter the codes of the accounts for sales and payments, as Xero shows them in Accounting → Chart of accounts.",
    ),
    verified=Verified.CONTRACT,
    verified_against="Xero's OpenAPI documents 16.1.0 of July 2026, for accounting and for webhooks; the list of "
    "organisations and the words of refusals are in neither, and stand as Xero's guides and its users tell them",
    limits="60 calls a minute, 5 at the same time and 5,000 a day for each organisation, fewer a day in Xero's smaller "
    "plans. Crossdock makes about 30 writes a minute, since a write may take two calls, each of up to 50 records.",
    traps=(
        "A paid invoice cannot be changed or voided in Xero: a refund becomes a credit note of its own.",
        "A cancelled order voids its invoice only while that is not paid.",
        "Refunds are credited in one line with tax included; the tax is worked out by the account or the tax type.",
        "Sums have two decimal places in every currency, so amounts in dinars with three are refused here.",
        "A currency must be added in Xero before it is taken, which not every plan allows.",
        "Two people of one name are told apart by the e-mail address, which is put behind the second one's name.",
        "The number of an invoice is that of its order: let the mapping put letters before it where others use those.",
        "Times are told in UTC: put the shop's time zone into the mapping's rules for dates.",
        "Access that nobody uses for 60 days ends; Crossdock renews it each week.",
    ),
    lacks=(
        "Items are read and not written, and an invoice's lines name no items: add a rule for ItemCode where they fit.",
        "Payments and items are told by no webhook; they are read by the time of their change.",
        "A credit note is paid back from the account for payments and not set off against an open invoice.",
        "A payment whose answer was lost is looked up a minute later before it is sent again.",
        "Bills, purchase orders, bank transactions and journals are left alone.",
    ),
    webhooks="At developer.xero.com open the app → Webhooks, choose Contacts, Invoices and Credit notes, enter this "
    "connection's webhook address and save. Copy the webhooks key into this connection and save that too; only then "
    "click “Send ‘Intent to receive’”. The address must be reached by https on port 443.",
)
