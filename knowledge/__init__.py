"""What a failure means: causes, remedies and the reading of error texts; pure functions and data, nothing is looked up here.

Start at `reading.read` (text in, causes out), `causes.CATALOGUE` (one entry per cause) and `explain.explain` (both together).
"""
