"""Data and pure functions that find the causes of an error in its text, and the remedies.

Start at `reading.read` (finds the causes), `causes.CATALOGUE` (has one entry per cause) and `explain.explain` (combines the two).
"""
