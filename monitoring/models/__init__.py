from .incidents import Incident
from .metrics import HourlyFigure, RollupMark

__all__ = ["HourlyFigure", "Incident", "RollupMark"]
