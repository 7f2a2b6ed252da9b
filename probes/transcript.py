"""The transcript: each line with its time, redacted as it is recorded, and with a limited number of lines."""

from __future__ import annotations

import re
import threading

from evidence.limits import MOST_TRANSCRIPT_LINES
from evidence.wire import Line
from probes.deadline import Deadline
from probes.failures import printable
from probes.redaction import Redactor
from probes.shortening import Shortening

_CODE = re.compile(r"[2-5][0-9]{2}[ -]")  # RFC 5321, section 4.2
_ROOM = 8_000  # characters in long lines
_LONGEST_LINE = 2048
_LONGEST_SEARCHED = 64 * 1024  # much longer than what is kept, so that a secret that begins there is searched for whole


class Transcript:
    """The lines of both legs in the order in which they were recorded. Thread-safe."""

    def __init__(self, deadline: Deadline, redactor: Redactor) -> None:
        """Measure times from the start of `deadline`, and redact lines with `redactor`."""
        self._deadline = deadline
        self._redactor = redactor
        self._lines: list[Line] = []
        self._shortening = Shortening(_ROOM)
        self._lock = threading.Lock()

    def client(self, text: str) -> None:
        """Record a line that we sent."""
        self._write("C", text)

    def server(self, text: str) -> None:
        """Record a line that we received. Its reply code stays, whatever the secret is."""
        code = _CODE.match(text)
        self._write("S", text[code.end() :] if code else text, code.group() if code else "")

    def remark(self, text: str) -> None:
        """Record an event other than a line, such as a handshake or a connection."""
        self._write("*", text)

    def clean(self, text: str) -> str:
        """Return the start of an untrusted text in redacted form, as one printable line."""
        return printable(self._redactor.clean(text[:_LONGEST_SEARCHED]), _LONGEST_LINE)

    def freeze(self) -> tuple[Line, ...]:
        """Return the lines recorded so far."""
        with self._lock:
            return tuple(self._lines)

    def _write(self, speaker: str, text: str, code: str = "") -> None:
        cleaned = self.clean(text)
        at = round(self._deadline.elapsed(), 4)
        with self._lock:
            if len(self._lines) < MOST_TRANSCRIPT_LINES:
                shown = code + self._shortening.kept(cleaned)
                self._lines.append(Line.model_validate({"at": at, "speaker": speaker, "text": shown}))
            elif len(self._lines) == MOST_TRANSCRIPT_LINES:
                self._lines.append(Line(at=at, speaker="*", text="further lines are not recorded"))
