"""Sight's own pages in the portal's admin."""

from . import announcements, incidents, webhooks, workflows

__all__ = ["announcements", "incidents", "webhooks", "workflows"]
