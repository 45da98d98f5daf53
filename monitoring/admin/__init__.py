"""Sight's own pages in the portal's admin."""

from . import incidents, webhooks

__all__ = ["incidents", "webhooks"]
