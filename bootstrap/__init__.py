"""Sets up the environment `.venv` and starts commands in it, with the standard library only."""
