"""Rendering: pure functions from findings to HTML, JSON and terminal text. Nothing here judges or opens connections."""
