"""Gathers facts with one module per layer of the route. The modules contain little more than I/O and return frozen evidence."""
