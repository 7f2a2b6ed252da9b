"""The checks: pure functions that take evidence and settings and return a finding. Each family has its own module."""
