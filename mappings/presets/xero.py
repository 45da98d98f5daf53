"""Xero's invoices, contacts, payments, credit notes and items into our Records; ours into what it takes.

Its times are written as .NET does it, its amounts are JSON numbers. What stands in small letters in a body is none of
Xero's fields: the connector needs it to find or work out one of those.
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_DOTNET = {"format": "dotnet"}
_DAY = {"format": "%Y-%m-%d"}
_PAYMENT_STATUS = (
    "(Status == 'PAID' && ((AmountPaid == `0` && AmountCredited > `0` && 'refunded') || 'paid')) || 'pending'"
)
# Of several the one that is meant for everything, if there is anything in it.
_PHONE = "((Phones[?PhoneType == 'DEFAULT' && PhoneNumber] | [0]) || (Phones[?PhoneNumber] | [0]))"
_ADDRESS = (
    "((Addresses[?AddressType == 'POBOX' && (AddressLine1 || City)] | [0]) "
    "|| (Addresses[?AddressLine1 || City] | [0]))"
)
_NAME = (
    "name || ((first_name || last_name) && join(' ', [first_name || '', last_name || ''])) || company || email "
    "|| id"
)
_WHO = (
    "customer.name || ((customer.first_name || customer.last_name) "
    "&& join(' ', [customer.first_name || '', customer.last_name || ''])) "
    "|| billing_address.name || shipping_address.name || email || customer.email || 'Guest'"
)
# What was refunded is credited by itself, and must not be missing in the invoice too.
_LINES = (
    "(((payment_status == 'refunded' || payment_status == 'partially_refunded') "
    "&& lines[].merge(@, {cancelled: `0`})) || lines)[?ordered != cancelled]"
)
# The sum of a line is that of all that was ordered.
_OF_ALL = "[@][?!cancelled || cancelled == `0`].{0} | [0]"


def _changed() -> RuleData:
    return rule("updated_at", "UpdatedDateUTC", "time", arguments=_DOTNET)


INVOICES_READ = Preset(
    name="Xero: sales invoices",
    direction="read",
    platform="xero",
    resource="invoices",
    kind="order",
    rules=(
        rule("id", "InvoiceID", required=True),
        rule("number", "InvoiceNumber || Reference"),
        rule("placed_at", "Date", "time", arguments=_DOTNET),
        _changed(),
        rule("currency", "CurrencyCode", required=True),
        rule("total", "Total", "decimal"),
        rule("subtotal", "SubTotal", "decimal"),
        rule("tax", "TotalTax", "decimal"),
        rule("discount_total", "TotalDiscount", "decimal"),
        rule("status", "((Status == 'VOIDED' || Status == 'DELETED') && 'cancelled') || 'open'"),
        rule("payment_status", _PAYMENT_STATUS),
        rule("email", "Contact.EmailAddress", "lower"),
        rule("customer.id", "Contact.ContactID"),
        rule("customer.number", "Contact.ContactNumber"),
        rule("customer.name", "Contact.Name"),
        rule("customer.email", "Contact.EmailAddress", "lower"),
        rule("lines[]", "LineItems"),
        rule("lines[].id", "LineItemID"),
        rule("lines[].sku", "ItemCode"),
        rule("lines[].title", "Description"),
        rule("lines[].ordered", "Quantity", "decimal"),
        rule("lines[].unit_price", "UnitAmount", "decimal"),
        rule("lines[].tax", "TaxAmount", "decimal"),
        rule("lines[].discount", "DiscountAmount", "decimal"),
        rule("lines[].total", "LineAmount", "decimal"),
        rule("payments[]", "Payments"),
        rule("payments[].id", "PaymentID"),
        rule("payments[].amount", "Amount", "decimal"),
        rule("payments[].currency", "root.CurrencyCode"),
        rule("payments[].status", "'paid'"),
        rule("payments[].reference", "Reference"),
        rule("payments[].created_at", "Date", "time", arguments=_DOTNET),
        rule("extra.state", "Status"),
        rule("extra.reference", "Reference"),
        rule("extra.prices", "LineAmountTypes"),
        rule("extra.amount_due", "AmountDue", "decimal"),
        rule("extra.due_at", "DueDate", "time", arguments=_DOTNET),
    ),
    description="Bills of suppliers are left out. extra.prices says whether the lines include tax. An invoice that was "
    "paid in part is “pending”; extra.amount_due says what is left.",
)

CONTACTS_READ = Preset(
    name="Xero: contacts",
    direction="read",
    platform="xero",
    resource="contacts",
    kind="customer",
    rules=(
        rule("id", "ContactID", required=True),
        _changed(),
        rule("number", "ContactNumber || AccountNumber"),
        rule("name", "Name"),
        rule("first_name", "FirstName"),
        rule("last_name", "LastName"),
        rule("email", "EmailAddress", "lower"),
        rule("phone", f"{_PHONE}.[PhoneCountryCode, PhoneAreaCode, PhoneNumber]", "join"),
        rule("address.line1", f"{_ADDRESS}.AddressLine1"),
        rule("address.line2", f"{_ADDRESS}.AddressLine2"),
        rule("address.city", f"{_ADDRESS}.City"),
        rule("address.region", f"{_ADDRESS}.Region"),
        rule("address.postal_code", f"{_ADDRESS}.PostalCode"),
        rule("extra.country", f"{_ADDRESS}.Country"),
        rule("extra.state", "ContactStatus"),
        rule("extra.is_customer", "IsCustomer"),
        rule("extra.is_supplier", "IsSupplier"),
    ),
    description="Suppliers too: a job's filter takes customers alone by extra.is_customer.",
)

PAYMENTS_READ = Preset(
    name="Xero: payments of invoices",
    direction="read",
    platform="xero",
    resource="payments",
    kind="payment",
    rules=(
        rule("id", "PaymentID", required=True),
        _changed(),
        rule("order_id", "Invoice.InvoiceID"),
        rule("order_number", "Invoice.InvoiceNumber"),
        rule("amount", "Amount", "decimal", required=True),
        rule("currency", "Invoice.CurrencyCode", required=True),
        rule("status", "(Status == 'DELETED' && 'failed') || 'paid'"),
        rule("provider", "'xero'"),
        rule("reference", "Reference"),
        rule("created_at", "Date", "time", arguments=_DOTNET),
        rule("extra.account", "Account.Code"),
        rule("extra.is_reconciled", "IsReconciled"),
    ),
)

CREDIT_NOTES_READ = Preset(
    name="Xero: credit notes",
    direction="read",
    platform="xero",
    resource="credit_notes",
    kind="refund",
    rules=(
        rule("id", "CreditNoteID", required=True),
        _changed(),
        rule("order_id", "Allocations[0].Invoice.InvoiceID"),
        rule("order_number", "Allocations[0].Invoice.InvoiceNumber || Reference"),
        rule("amount", "Total", "decimal", required=True),
        rule("currency", "CurrencyCode", required=True),
        rule("reason", "LineItems[0].Description"),
        rule("created_at", "Date", "time", arguments=_DOTNET),
        rule("extra.number", "CreditNoteNumber"),
        rule("extra.state", "Status"),
        rule("extra.remaining", "RemainingCredit", "decimal"),
        rule("extra.contact", "Contact.ContactID"),
    ),
    description="Credits of suppliers are left out. What it credits is told where it was set off against an invoice.",
)

ITEMS_READ = Preset(
    name="Xero: items",
    direction="read",
    platform="xero",
    resource="items",
    kind="variant",
    rules=(
        rule("id", "ItemID", required=True),
        _changed(),
        rule("sku", "Code", required=True),
        rule("title", "Name || Description"),
        rule("price", "SalesDetails.UnitPrice", "decimal"),
        rule("extra.on_hand", "QuantityOnHand", "decimal"),
        rule("extra.is_sold", "IsSold"),
    ),
    description="Prices are in the organisation's own currency.",
)

CONTACTS_WRITE = Preset(
    name="Xero: write contacts",
    direction="write",
    platform="xero",
    resource="contacts",
    kind="customer",
    rules=(
        rule("ContactNumber", "id", required=True),
        rule("Name", _NAME, "strip", required=True),
        rule("FirstName", "first_name"),
        rule("LastName", "last_name"),
        rule("EmailAddress", "email", "lower"),
        rule("Phones[]", "phone && [phone]"),
        rule("Phones[].PhoneType", "'DEFAULT'"),
        rule("Phones[].PhoneNumber", "@"),
        rule("Addresses[]", "address && [address]"),
        rule("Addresses[].AddressType", "'POBOX'"),
        rule("Addresses[].AttentionTo", "name"),
        rule("Addresses[].AddressLine1", "line1"),
        rule("Addresses[].AddressLine2", "line2"),
        rule("Addresses[].City", "city"),
        rule("Addresses[].Region", "region"),
        rule("Addresses[].PostalCode", "postal_code"),
        rule("Addresses[].Country", "country"),
    ),
    description="The contact number is the shop's id of the customer. Xero wants each name once: somebody else of the "
    "same name has the e-mail address behind it there.",
)

INVOICES_WRITE = Preset(
    name="Xero: book orders as sales invoices",
    direction="write",
    platform="xero",
    resource="invoices",
    kind="order",
    rules=(
        rule("InvoiceNumber", "number || id", required=True),
        rule("Reference", "id", required=True),
        rule("Contact.Name", _WHO, "strip", required=True),
        rule("Contact.FirstName", "customer.first_name"),
        rule("Contact.LastName", "customer.last_name"),
        rule("Contact.EmailAddress", "email || customer.email", "lower"),
        rule("Date", "placed_at", "to_time", arguments=_DAY, required=True),
        rule("DueDate", "placed_at", "to_time", arguments=_DAY),
        rule("CurrencyCode", "currency", "upper", required=True),
        rule("LineItems[]", _LINES, required=True),
        rule("LineItems[].Description", "title || sku || 'Item'"),
        rule("LineItems[].Quantity", "ordered", "minus", arguments={"minus": "= cancelled"}, required=True),
        rule("LineItems[].UnitAmount", "unit_price"),
        rule("LineItems[].LineAmount", _OF_ALL.format("total")),
        rule("LineItems[].TaxAmount", _OF_ALL.format("tax")),
        rule("shipping", "shipping_total"),
    ),
    description="Whether prices include tax is told by the order's total. Leave orders out by the job's filter that "
    "are not to be booked: status != 'cancelled', payment_status != 'failed'.",
)

PAYMENTS_WRITE = Preset(
    name="Xero: book payments",
    direction="write",
    platform="xero",
    resource="payments",
    kind="payment",
    rules=(
        rule("Reference", "id", required=True),
        rule("Invoice.InvoiceID", "context.ids.order", "text", required=True),
        rule("Date", "created_at || updated_at", "to_time", arguments=_DAY, required=True),
        rule("Amount", "amount", required=True),
        rule("currency", "currency", "upper", required=True),
    ),
    description="Paid into the connection's account for payments. Let only payments pass that came in: "
    "status == 'paid'. The reference is the payment's id, by which it is found again.",
)

REFUNDS_WRITE = Preset(
    name="Xero: book refunds as credit notes",
    direction="write",
    platform="xero",
    resource="credit_notes",
    kind="refund",
    rules=(
        rule("CreditNoteNumber", "id", "concat", arguments={"before": "CN-"}, required=True),
        rule("order_invoice", "context.ids.order", "text", required=True),
        rule("Reference", "order_number || order_id", required=True),
        rule("Date", "created_at || updated_at", "to_time", arguments=_DAY, required=True),
        rule("CurrencyCode", "currency", "upper", required=True),
        rule("refunded", "amount", required=True),
        rule("LineItems[]", "[@]"),
        rule("LineItems[].Description", "reason || 'Refund'"),
        rule("LineItems[].Quantity", "`1`"),
        rule("LineItems[].LineAmount", "amount", required=True),
    ),
    description="To the contact of the order's invoice, and paid back from the connection's account for payments.",
)

PRESETS: dict[str, Preset] = {
    "xero-invoices": INVOICES_READ,
    "xero-contacts": CONTACTS_READ,
    "xero-payments": PAYMENTS_READ,
    "xero-credit-notes": CREDIT_NOTES_READ,
    "xero-items": ITEMS_READ,
    "xero-write-contacts": CONTACTS_WRITE,
    "xero-book-orders": INVOICES_WRITE,
    "xero-book-payments": PAYMENTS_WRITE,
    "xero-book-refunds": REFUNDS_WRITE,
}
