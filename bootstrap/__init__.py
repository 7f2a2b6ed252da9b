"""Sets up the environment `.venv` and starts commands in it. It uses only the standard library."""
