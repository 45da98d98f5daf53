"""How the admin looks, and what stands in its sidebar. Part of the settings: nothing of Django is ready here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.urls import reverse_lazy

if TYPE_CHECKING:
    from django.http import HttpRequest


def _may_view(model: str) -> Callable[[HttpRequest], bool]:
    """Whether the user may see it: "integrations.syncjob"."""
    app, name = model.split(".")
    return lambda request: bool(request.user.has_perm(f"{app}.view_{name}"))


CATALOGUE = reverse_lazy("admin:integrations_connection_catalogue")


def _is_catalogue(request: HttpRequest) -> bool:
    return request.path.startswith(str(CATALOGUE))


def _is_connections(request: HttpRequest) -> bool:
    here = str(reverse_lazy("admin:integrations_connection_changelist"))
    return request.path.startswith(here) and not _is_catalogue(request)


def _page(title: str, icon: str, model: str, **more: Any) -> dict[str, Any]:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may_view(model),
        **more,
    }


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Crossdock",
    "SITE_HEADER": "Crossdock",
    "SITE_SYMBOL": "conveyor_belt",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "ENVIRONMENT": "config.frame.environment",
    "DASHBOARD_CALLBACK": "monitoring.dashboards.dashboard",
    "STYLES": ["config.frame.stylesheet", "config.frame.pages_stylesheet", "config.frame.figures_stylesheet"],
    "SCRIPTS": ["config.frame.script", "config.frame.once_script", "config.frame.unanswered_script"],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "config.frame.favicon"}],
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 240)",
            "100": "oklch(94.2% .03 240)",
            "200": "oklch(88.6% .06 241)",
            "300": "oklch(80.3% .1 243)",
            "400": "oklch(72% .135 246)",
            "500": "oklch(62% .16 250)",
            "600": "oklch(52.5% .165 254)",
            "700": "oklch(46% .155 256)",
            "800": "oklch(39.5% .13 257)",
            "900": "oklch(34.5% .105 257)",
            "950": "oklch(26% .075 257)",
        },
    },
    "COMMAND": {"search_models": False, "show_history": True},
    # What a person settles, and all that has a number, stands open; closed groups are opened by who looks for more.
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "Today",
                "items": [
                    {"title": "Overview", "icon": "space_dashboard", "link": reverse_lazy("admin:index")},
                    _page("Runs", "play_circle", "integrations.syncrun"),
                    {
                        "title": "Did it help?",
                        "icon": "trending_up",
                        "link": reverse_lazy("admin:monitoring_workflowresult_changelist"),
                        "permission": _may_view("integrations.workflow"),
                    },
                ],
            },
            {
                "title": "To settle",
                "separator": True,
                "items": [
                    _page(
                        "Errors",
                        "error",
                        "integrations.errorrecord",
                        badge="monitoring.dashboards.open_errors_badge",
                    ),
                    _page("Incidents", "crisis_alert", "monitoring.incident"),
                    _page("Conflicts", "call_split", "integrations.conflict"),
                    {
                        "title": "Shipped, not announced",
                        "icon": "local_shipping",
                        "link": reverse_lazy("admin:monitoring_unannouncedparcel_changelist"),
                        "permission": _may_view("integrations.delivery"),
                    },
                    _page(
                        "Differences",
                        "difference",
                        "monitoring.auditdifference",
                        badge="monitoring.admin.audit_runs.open_differences_badge",
                    ),
                    _page(
                        "Payments that do not match",
                        "balance",
                        "monitoring.paymentmismatch",
                        badge="monitoring.payments.card.badge",
                    ),
                    _page("Merge proposals", "merge", "monitoring.mergeproposal"),
                    _page("Alerts", "notifications_active", "monitoring.alertevent"),
                ],
            },
            {
                "title": "Jobs",
                "separator": True,
                "items": [
                    _page("Jobs", "sync_alt", "integrations.syncjob"),
                    _page("Workflows", "account_tree", "integrations.workflow"),
                    _page("Bundles", "category", "integrations.bundle"),
                ],
            },
            {
                "title": "Facts",
                "separator": True,
                "collapsible": True,
                "items": [
                    _page("Deliveries", "inventory_2", "integrations.delivery"),
                    _page("Outcomes", "receipt_long", "integrations.outcome"),
                    _page("Batches", "stacks", "integrations.batch"),
                    _page("Inbound events", "webhook", "integrations.inboundevent"),
                    _page("Webhook ledger", "fact_check", "monitoring.webhookhour"),
                ],
            },
            {
                "title": "Audits",
                "separator": True,
                "collapsible": True,
                "items": [
                    _page("Audits", "balance", "monitoring.audit"),
                    _page("Comparisons", "compare_arrows", "monitoring.auditrun"),
                    _page("Accuracy over time", "monitoring", "monitoring.auditpoint"),
                ],
            },
            {
                "title": "Systems",
                "separator": True,
                "items": [
                    {
                        "title": "Map of systems",
                        "icon": "hub",
                        "link": reverse_lazy("systems"),
                        "permission": _may_view("integrations.syncjob"),
                    },
                    _page("Connections", "cable", "integrations.connection", active=_is_connections),
                    {
                        "title": "Catalogue",
                        "icon": "storefront",
                        "link": CATALOGUE,
                        "active": _is_catalogue,
                        "permission": _may_view("integrations.connection"),
                    },
                ],
            },
            {
                "title": "Who is told",
                "separator": True,
                "collapsible": True,
                "items": [
                    _page("Alert rules", "rule", "monitoring.alertrule"),
                    _page("Alert channels", "campaign", "monitoring.alertchannel"),
                ],
            },
            {
                "title": "Payments",
                "separator": True,
                "collapsible": True,
                "items": [
                    _page("Matches", "join_inner", "monitoring.paymentmatch"),
                    _page("Fees", "percent", "monitoring.feerate"),
                    _page("Grace period", "hourglass", "monitoring.paymentcheck"),
                ],
            },
            {
                "title": "Books",
                "separator": True,
                "collapsible": True,
                "items": [
                    {
                        "title": "Sales",
                        "icon": "trending_up",
                        "link": reverse_lazy("sales"),
                        "permission": _may_view("integrations.bookedorder"),
                    },
                    _page("Orders", "shopping_bag", "integrations.bookedorder"),
                    _page("Payments", "payments", "integrations.bookedpayment"),
                    _page("Refunds", "undo", "integrations.bookedrefund"),
                    _page("Disputes", "gavel", "integrations.bookeddispute"),
                    _page("Payouts", "account_balance", "integrations.bookedpayout"),
                    _page("Shipments", "local_shipping", "integrations.bookedshipment"),
                    _page("Stock", "warehouse", "integrations.bookedstock"),
                    _page("Customers", "group", "integrations.bookedcustomer"),
                    _page("Tickets", "confirmation_number", "integrations.bookedticket"),
                ],
            },
            {
                "title": "Mappings",
                "separator": True,
                "collapsible": True,
                "items": [
                    _page("Mappings", "conversion_path", "mappings.mapping"),
                    _page("Value maps", "translate", "mappings.valuemap"),
                    _page("Sandbox suites", "checklist", "integrations.suiterun"),
                    _page("Cases of your own", "playlist_add_check", "integrations.suitecase"),
                    _page("Owners of fields", "verified_user", "mappings.fieldowner"),
                ],
            },
            {
                "title": "Customers",
                "separator": True,
                "collapsible": True,
                "items": [
                    _page("Consents", "how_to_reg", "integrations.consententry"),
                ],
            },
            {
                "title": "Who may do what",
                "separator": True,
                "collapsible": True,
                "items": [
                    _page("Partners", "handshake", "integrations.partner"),
                    _page("Users", "person", "auth.user"),
                    _page("Groups", "group", "auth.group"),
                ],
            },
        ],
    },
}
