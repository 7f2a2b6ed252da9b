"""The meaning of failures: causes, remedies and the interpretation of error texts, as pure functions and data.

Start at `reading.read` (from a text to its causes), `causes.CATALOGUE` (one entry per cause) and `explain.explain` (both combined).
"""
