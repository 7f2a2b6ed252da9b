"""Records refused passwords so that they are not tried again within a run, nor by another run in the next 15 minutes.

The file contains the host, user, time and reply, and nothing derived from the secret. Repeated failures lock the account; in US
government tenants, three are enough. Source: Microsoft, "Smart lockout".
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from datetime import datetime, timedelta
from pathlib import Path

from evidence.wire import Reply
from probes.deadline import utc_now
from probes.failures import printable
from settings.whole_file import write_whole

HOLD = timedelta(minutes=15)
_MOST = 500
# The text after 5.7.139 names a policy or a switch, which refused the sign-in whatever the password was, except in these two cases.
_ABOUT_THE_PASSWORD = re.compile(r"credentials were incorrect|account (is )?locked|locked out", re.IGNORECASE)


def holds(reply: Reply) -> bool:
    """Return whether a refusal rules out another attempt: it reports wrong credentials or a locked account, or states no reason."""
    if not 500 <= reply.code < 600:
        return False
    return "5.7.139" not in reply.text or bool(_ABOUT_THE_PASSWORD.search(reply.text))


class Refusals:
    """Refused sign-ins by host and user. Safe for use by several threads and concurrent runs."""

    def __init__(self, file: Path | None) -> None:
        """Store refusals in `file`, or only in memory for this run if `file` is None. An unreadable file counts as empty."""
        self._file = file
        self._lock = threading.Lock()
        self._this_run: dict[str, str] = {}

    def earlier(self, host: str, user: str) -> str | None:
        """Return the refusal, with its time, that a run received within the last 15 minutes, or None."""
        entry = _read(self._file).get(_key(host, user))
        if entry is None:
            return None
        moment, reply = entry
        age = utc_now() - moment
        # A refusal in the future means that the clock was set back.
        return f"refused at {moment:%H:%M:%S} UTC: {reply}" if -HOLD < age < HOLD else None

    def this_run(self, host: str, user: str) -> str | None:
        """Return the refusal that a sender with the same user received in this run, or None."""
        with self._lock:
            return self._this_run.get(_key(host, user))

    def note(self, host: str, user: str, reply: Reply, *, lasting: bool = True) -> None:
        """Record a refusal for this run and, if `lasting`, for later runs.

        If the file cannot be written, the error is ignored.
        """
        text = printable(reply.text, 200)
        with self._lock:
            if 500 <= reply.code < 600:
                self._this_run[_key(host, user)] = text
            if lasting and holds(reply):
                self._write({**_read(self._file), _key(host, user): (utc_now(), text)})

    def forget(self, host: str, user: str) -> None:
        """Delete the stored refusal after an accepted sign-in."""
        with self._lock:
            known = _read(self._file)
            if known.pop(_key(host, user), None) is not None:
                self._write(known)

    def _write(self, known: dict[str, tuple[datetime, str]]) -> None:
        if self._file is None:
            return
        newest = sorted(known.items(), key=lambda item: item[1][0])[-_MOST:]
        rows = [{"host_and_user": key, "time": moment.isoformat(), "reply": reply} for key, (moment, reply) in newest]
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, json.dumps(rows, indent=1))


def _key(host: str, user: str) -> str:
    return f"{host.lower()} {user.lower()}"


def _read(file: Path | None) -> dict[str, tuple[datetime, str]]:
    if file is None:
        return {}
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        return {
            str(row["host_and_user"]): (datetime.fromisoformat(row["time"]), printable(str(row["reply"]), 200))
            for row in rows[:_MOST]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}
