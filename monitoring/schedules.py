"""The schedules of sight."""

from __future__ import annotations

from integrations.sync import schedules

NAME = "monitoring: watch"
PRUNE = "monitoring: prune"
LEDGER = "monitoring: webhook ledger"
AUDITS = "monitoring: audits"
MEASURE = "monitoring: measure workflows"
PAYMENTS = "monitoring: payments"
RECOUNT = "monitoring: recount of payments"
MERGES = "monitoring: merge proposals"
ALERTS = "monitoring: alerts"
RECEIPTS = "monitoring: receipts"
# Name → (task, minutes between two runs).
SCHEDULES = {
    NAME: ("monitoring.tasks.watch", 1),
    PRUNE: ("monitoring.tasks.prune", 5),
    ALERTS: ("monitoring.tasks.alert", 1),
    RECEIPTS: ("monitoring.tasks.read_back", 1),
    MEASURE: ("monitoring.tasks.measure", 5),
    LEDGER: ("monitoring.tasks.ledger", 5),
    AUDITS: ("monitoring.tasks.audits", 1),
    PAYMENTS: ("monitoring.tasks.payments", 1),
    # It looks each hour whether the recount of the day is due.
    RECOUNT: ("monitoring.tasks.recount_payments", 60),
    MERGES: ("monitoring.tasks.propose_merges", 15),
}


def install() -> None:
    for name, (task, minutes) in SCHEDULES.items():
        schedules.install(name, task, minutes)
