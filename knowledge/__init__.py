"""The meaning of failures: causes, remedies and the reading of error texts, as pure functions and data.

Start at `reading.read` (text to causes), `causes.CATALOGUE` (one entry per cause) and `explain.explain` (both together).
"""
