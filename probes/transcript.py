"""The dialogue as it happened: each line with its time, redacted in the moment it is written down, and bounded."""

from __future__ import annotations

import threading

from probes.deadline import Deadline
from probes.evidence import Line
from probes.failures import printable
from probes.redaction import Redactor

_MOST_LINES = 400
_LONGEST_LINE = 2048


class Transcript:
    """Lines of both legs in the order of their writing; both legs may write at once."""

    def __init__(self, deadline: Deadline, redactor: Redactor) -> None:
        """Time lines from the start of `deadline`, and clean them with `redactor`."""
        self._deadline = deadline
        self._redactor = redactor
        self._lines: list[Line] = []
        self._lock = threading.Lock()

    def client(self, text: str) -> None:
        """What we sent."""
        self._write("C", text)

    def server(self, text: str) -> None:
        """What came back."""
        self._write("S", text)

    def remark(self, text: str) -> None:
        """What happened between the lines: a handshake, a dial, the end."""
        self._write("*", text)

    def clean(self, text: str) -> str:
        """Any text from outside, redacted and on one printable line."""
        return printable(self._redactor.clean(text), _LONGEST_LINE)

    def freeze(self) -> tuple[Line, ...]:
        """The lines so far."""
        with self._lock:
            return tuple(self._lines)

    def _write(self, speaker: str, text: str) -> None:
        line = Line.model_validate(
            {"at": round(self._deadline.elapsed(), 4), "speaker": speaker, "text": self.clean(text)},
        )
        with self._lock:
            if len(self._lines) < _MOST_LINES:
                self._lines.append(line)
            elif len(self._lines) == _MOST_LINES:
                self._lines.append(Line(at=line.at, speaker="*", text="more lines came and are not kept"))
