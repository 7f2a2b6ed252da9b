"""Typed settings, the table of clouds, secrets and their sources. Imports no other package of the product."""
