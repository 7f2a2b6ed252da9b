"""Typed settings, the table of clouds, and secrets with their sources. This package imports no other package of smtp365."""
