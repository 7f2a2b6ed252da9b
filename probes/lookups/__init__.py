"""Lookups of the tenant's settings. One table of questions and one parser serve all three sources of answers."""
