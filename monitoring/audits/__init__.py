"""Audits: both sides of a job compared without writing. What differs is told with its cause, and repaired on demand."""
