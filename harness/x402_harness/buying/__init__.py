"""Buying: drivers of the purchase machine."""
