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
from .job import JobState, Removed, SyncJob, held_for_launch, may_work
from .partners import Partner, PartnerKey, PartnerRequest
from .run import Door, RunState, SyncRun
from .stock import StockFigure, UnitsInFlight
from .things import ExternalId, SearchKey, Thing
from .workflow import MEASURE_FORMS, Direction, Measure, Period, Unit, Workflow, WorkflowTarget

__all__ = [
    "FINAL_STATES",
    "MEASURE_FORMS",
    "PENDING_STATES",
    "AccessToken",
    "Batch",
    "CallShare",
    "Connection",
    "Decision",
    "Delivery",
    "Direction",
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
    "Measure",
    "Outcome",
    "Partner",
    "PartnerKey",
    "PartnerRequest",
    "Period",
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
    "Unit",
    "UnitsInFlight",
    "WebhookSubscription",
    "Workflow",
    "WorkflowTarget",
    "held_for_launch",
    "may_work",
]
