"""The knowledge room's reading of a text, loaded when the first refusal is read: a healthy run never needs its rules."""

from __future__ import annotations

from knowledge.outcome import Reading


def read_text(text: str) -> Reading:
    """What a server's words mean: causes likeliest first, and whether the text itself names the one."""
    from knowledge.reading import read

    return read(text)
