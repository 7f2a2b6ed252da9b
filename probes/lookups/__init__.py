"""Lookups of the tenant's own settings, with one table of questions, three sources of answers and one parser for all of them."""
