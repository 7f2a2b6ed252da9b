"""Rendering: pure functions that turn findings into HTML, JSON and terminal text. `plugin` reads and writes the files."""
