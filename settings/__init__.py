"""Typed settings, the table of clouds, secrets and their sources; it knows nothing of the other rooms."""
