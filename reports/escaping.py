"""Escapes text for HTML, after `settings.printable` has made it fit for display.

The templates escape their expressions themselves, after the same step.
"""

from __future__ import annotations

from html import escape

from settings.printable import LONGEST, legible, one_line


def escaped(text: object, longest: int = LONGEST) -> str:
    """Return the legible text escaped for HTML content and quoted attributes."""
    return escape(legible(text, longest), quote=True)


__all__ = ["LONGEST", "escaped", "legible", "one_line"]
