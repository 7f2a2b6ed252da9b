"""Rendering: pure functions from findings to HTML, JSON and terminal text. `plugin` reads and writes the files."""
