"""Probing: asking endpoints for their terms. Nothing is signed and nothing is paid."""
