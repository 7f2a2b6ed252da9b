"""Lookups of the tenant's settings. The same questions and the same parsers serve all three sources of answers."""
