"""Sight's own pages in the portal's admin."""

from . import incidents

__all__ = ["incidents"]
