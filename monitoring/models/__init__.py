from .incidents import Incident
from .metrics import HourlyFigure, RollupMark
from .webhooks import MissedWebhook, WebhookHour

__all__ = ["HourlyFigure", "Incident", "MissedWebhook", "RollupMark", "WebhookHour"]
