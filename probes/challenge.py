"""Reads the error that an XOAUTH2 server sends as a challenge: JSON in base64 after 334. The values are redacted and shortened.

Sources: Google, "XOAUTH2 mechanism", error response; RFC 7628, section 3.2.2, which defines the same format for OAUTHBEARER.
"""

from __future__ import annotations

import base64
import binascii

from evidence.wire import Challenge
from probes.https import json_object
from probes.transcript import Transcript

_LONGEST = 8192
_LONGEST_VALUE = 200


def read(lines: tuple[str, ...], transcript: Transcript) -> Challenge | None:
    """Return the error in the 334 reply, or None if the reply has no text. Never raises."""
    written = "".join(lines)[:_LONGEST].strip()
    if not written:
        return None
    try:
        text = base64.b64decode(written, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        text = written
    members = json_object(text) or {}
    known = {key: _kept(members.get(key), transcript) for key in ("status", "schemes", "scope")}
    return Challenge.model_validate(known if any(known.values()) else {"text": _kept(text, transcript)})


def _kept(value: object, transcript: Transcript) -> str:
    """Return a value as text, redacted before it is shortened. A list, an object or null becomes an empty string."""
    return transcript.clean(str(value))[:_LONGEST_VALUE] if isinstance(value, (str, int, float)) else ""
