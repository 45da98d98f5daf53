from .announcements import UnannouncedParcel
from .audits import (
    NEXT_ACTIONS,
    Audit,
    AuditDifference,
    AuditDoor,
    AuditedRecord,
    AuditPoint,
    AuditRun,
    AuditSight,
    AuditState,
    Cause,
    DifferenceState,
    Verdict,
)
from .incidents import Incident
from .metrics import HourlyFigure, RollupMark
from .payments import (
    CoveredShop,
    FeeRate,
    HowMatched,
    MatchDecision,
    MismatchKind,
    PaymentCheck,
    PaymentMatch,
    PaymentMismatch,
)
from .webhooks import MissedWebhook, WebhookHour
from .workflows import WorkflowResult, WorkflowVerdict

__all__ = [
    "NEXT_ACTIONS",
    "Audit",
    "AuditDifference",
    "AuditDoor",
    "AuditPoint",
    "AuditRun",
    "AuditSight",
    "AuditState",
    "AuditedRecord",
    "Cause",
    "CoveredShop",
    "DifferenceState",
    "FeeRate",
    "HourlyFigure",
    "HowMatched",
    "Incident",
    "MatchDecision",
    "MismatchKind",
    "MissedWebhook",
    "PaymentCheck",
    "PaymentMatch",
    "PaymentMismatch",
    "RollupMark",
    "UnannouncedParcel",
    "Verdict",
    "WebhookHour",
    "WorkflowResult",
    "WorkflowVerdict",
]
