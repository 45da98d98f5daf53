"""Sight's own pages in the portal's admin."""

from . import incidents, webhooks, workflows

__all__ = ["incidents", "webhooks", "workflows"]
