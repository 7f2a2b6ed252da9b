"""Checks: pure functions that return a finding, given evidence and settings. There is one module per family."""
