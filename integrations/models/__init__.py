from .batch import Batch, Priority
from .connection import (
    AccessToken,
    CallShare,
    Connection,
    Environment,
    Health,
    RateBudget,
    WebhookSubscription,
)
from .delivery import (
    FINAL_STATES,
    PENDING_STATES,
    Delivery,
    Intent,
    IntentState,
    Outcome,
    State,
)
from .doorbell import Doorbell, Heartbeat
from .errors import Decision, ErrorRecord, Judgement, Kind, Settled
from .inbox import InboundEvent, InboundState, RefusedWebhooks
from .job import JobState, Removed, SyncJob
from .partners import Partner, PartnerKey, PartnerRequest
from .run import Door, RunState, SyncRun
from .stock import StockFigure, UnitsInFlight
from .things import ExternalId, SearchKey, Thing
from .workflow import Workflow

__all__ = [
    "FINAL_STATES",
    "PENDING_STATES",
    "AccessToken",
    "Batch",
    "CallShare",
    "Connection",
    "Decision",
    "Delivery",
    "Door",
    "Doorbell",
    "Environment",
    "ErrorRecord",
    "ExternalId",
    "Health",
    "Heartbeat",
    "InboundEvent",
    "InboundState",
    "Intent",
    "IntentState",
    "JobState",
    "Judgement",
    "Kind",
    "Outcome",
    "Partner",
    "PartnerKey",
    "PartnerRequest",
    "Priority",
    "RateBudget",
    "RefusedWebhooks",
    "Removed",
    "RunState",
    "SearchKey",
    "Settled",
    "State",
    "StockFigure",
    "SyncJob",
    "SyncRun",
    "Thing",
    "UnitsInFlight",
    "WebhookSubscription",
    "Workflow",
]
