"""Reporting: one module per format, all made from a run's events."""
