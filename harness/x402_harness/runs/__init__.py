"""Runs: the runner, its events and what becomes of them."""
