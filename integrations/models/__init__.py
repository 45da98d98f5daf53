from .awaited import AwaitedPayment
from .batch import Batch, Priority
from .books import (
    Booked,
    BookedCustomer,
    BookedDispute,
    BookedLine,
    BookedOrder,
    BookedPayment,
    BookedPayout,
    BookedPayoutPart,
    BookedRefund,
    BookedRemoval,
    BookedShipment,
    BookedStock,
    BookedTicket,
)
from .bundle import Bundle, BundlePart
from .conflicts import Conflict, ConflictState, SettledHow, Side
from .connection import (
    AccessToken,
    CallShare,
    Connection,
    Environment,
    Health,
    RateBudget,
    WebhookSubscription,
)
from .consent import ConsentEntry
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
from .dry_run import DryRun, DryRunLine, DryRunResult, DryRunState
from .errors import Decision, Effect, ErrorRecord, Judgement, Kind, Receipt, Settled
from .inbox import InboundEvent, InboundState, RefusedWebhooks
from .job import JobState, Removed, SyncJob, held_for_launch, may_work
from .known import LastKnown
from .partners import Partner, PartnerKey, PartnerRequest
from .payload_shape import PayloadShape
from .people import LeftContact, PersonKey, SamePerson
from .run import Door, RunState, SyncRun
from .stock import StockFigure, UnitsInFlight
from .things import ExternalId, SearchKey, Thing
from .workflow import MEASURE_FORMS, Direction, Measure, Period, Unit, Workflow, WorkflowTarget

__all__ = [
    "FINAL_STATES",
    "MEASURE_FORMS",
    "PENDING_STATES",
    "AccessToken",
    "AwaitedPayment",
    "Batch",
    "Booked",
    "BookedCustomer",
    "BookedDispute",
    "BookedLine",
    "BookedOrder",
    "BookedPayment",
    "BookedPayout",
    "BookedPayoutPart",
    "BookedRefund",
    "BookedRemoval",
    "BookedShipment",
    "BookedStock",
    "BookedTicket",
    "Bundle",
    "BundlePart",
    "CallShare",
    "Conflict",
    "ConflictState",
    "Connection",
    "ConsentEntry",
    "Decision",
    "Delivery",
    "Direction",
    "Door",
    "Doorbell",
    "DryRun",
    "DryRunLine",
    "DryRunResult",
    "DryRunState",
    "Effect",
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
    "LastKnown",
    "LeftContact",
    "Measure",
    "Outcome",
    "Partner",
    "PartnerKey",
    "PartnerRequest",
    "PayloadShape",
    "Period",
    "PersonKey",
    "Priority",
    "RateBudget",
    "Receipt",
    "RefusedWebhooks",
    "Removed",
    "RunState",
    "SamePerson",
    "SearchKey",
    "Settled",
    "SettledHow",
    "Side",
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
