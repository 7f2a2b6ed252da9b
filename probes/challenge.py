"""The error that an XOAUTH2 server sends as a challenge: JSON in base64 behind 334, read into a few bounded, redacted texts.

Google "XOAUTH2 mechanism", error response; RFC 7628, 3.2.2 has the same for OAUTHBEARER.
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
    """The error behind 334; None when nothing stands there. Whatever was sent, nothing is raised."""
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
    """A member as a text, cleaned before it is cut."""
    return transcript.clean(str(value))[:_LONGEST_VALUE] if isinstance(value, (str, int, float)) else ""
