"""Sets up the environment `.venv` and starts commands in it, using only the standard library."""
