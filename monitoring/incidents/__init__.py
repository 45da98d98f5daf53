"""Incidents: triaged into one per cause, shown on a page of their own, and settled as one."""
