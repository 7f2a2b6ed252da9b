"""Lookups of the tenant's own settings: one table of questions, three sources of answers, one parser for all of them."""
