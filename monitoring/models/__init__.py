from .alerts import (
    AlertChannel,
    AlertEvent,
    AlertKind,
    AlertMessage,
    AlertRule,
    ChannelKind,
    MessageState,
)
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
from .booked_hours import BookedHour, BookedMark
from .incidents import Incident
from .merges import MergeProposal, Proposed, Reason
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
    "AlertChannel",
    "AlertEvent",
    "AlertKind",
    "AlertMessage",
    "AlertRule",
    "Audit",
    "AuditDifference",
    "AuditDoor",
    "AuditPoint",
    "AuditRun",
    "AuditSight",
    "AuditState",
    "AuditedRecord",
    "BookedHour",
    "BookedMark",
    "Cause",
    "ChannelKind",
    "CoveredShop",
    "DifferenceState",
    "FeeRate",
    "HourlyFigure",
    "HowMatched",
    "Incident",
    "MatchDecision",
    "MergeProposal",
    "MessageState",
    "MismatchKind",
    "MissedWebhook",
    "PaymentCheck",
    "PaymentMatch",
    "PaymentMismatch",
    "Proposed",
    "Reason",
    "RollupMark",
    "UnannouncedParcel",
    "Verdict",
    "WebhookHour",
    "WorkflowResult",
    "WorkflowVerdict",
]
