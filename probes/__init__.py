"""Gathers facts: one module per layer of the route, with thin I/O and frozen evidence as output."""
