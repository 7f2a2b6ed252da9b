"""Frozen records of a run and of the tenant, the gates of the route, and functions that read the records."""
