"""Checks: pure functions from evidence and settings to findings, one module per family."""
