"""Generates the reference pages under `docs/`, and the table of checks in the README, from the catalogues."""
