"""The files of the account ledger. Each account has its own file, so that runs with different accounts do not wait for each other.

A damaged file is renamed and counts as empty. Files without an attempt in the last 24 hours are deleted when a run starts.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from evidence.wire import Reply
from probes.account import Account, account_name
from probes.attempt_record import RECENT, AttemptRecord, moment_of, parse
from probes.deadline import utc_now
from probes.held_file import HeldFile, NotAFileError, hold, private_folder
from settings.clouds import cloud_of_smtp_host

FOLDER: Final = "sign-ins"
_EARLIER: Final = "refused.json"
_MOST_EARLIER: Final = 1_000_000
_MOST_ROWS: Final = 500
_REPLY: Final = re.compile(r"([0-9]{3})(?: ([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.]))?")
Note = Callable[[str], None]


class BusyError(Exception):
    """Raised if a different run holds the account's file for longer than this run can wait."""


def prepare(state: Path, note: Note) -> Path | None:
    """Create the private folder for the files, remove old files from it, and return it. Return None if that fails."""
    folder = state / FOLDER
    try:
        if folder.exists() and not folder.is_dir():
            _set_aside(folder, note)
        private_folder(folder)
        _delete_old(folder)
        _take_over(state / _EARLIER, folder, note)
    except OSError as problem:
        if folder.exists():  # otherwise the first lines of the run report it
            note(f"sign-in attempts are not recorded for the next run: {folder}: {problem.strerror or problem}")
        return None
    return folder


def held(folder: Path, account: Account, give_up: Callable[[], bool], note: Note) -> tuple[HeldFile, AttemptRecord]:
    """Return the account's file, locked by this thread, and its record.

    Raises:
        BusyError: a different run holds the file, and `give_up` ended the wait.
        OSError: the file cannot be created, opened, read or renamed.

    """
    path = folder / f"{account.file_name}.json"
    for _ in range(3):
        try:
            file = hold(path, give_up=give_up)
        except NotAFileError:
            _set_aside(path, note)
            continue
        if file is None:
            raise BusyError
        try:
            return file, parse(file.read(), account)
        except ValueError:
            file.close()  # Windows cannot rename an open file
            _set_aside(path, note)
        except BaseException:
            file.close()
            raise
    raise OSError(None, f"{path} cannot be read")


def _set_aside(path: Path, note: Note) -> None:
    other = path.with_name(f"{path.name}.damaged")
    path.replace(other)
    note(f"the sign-in record {path} cannot be read, so it was renamed to {other.name} and counts as empty")


def _delete_old(folder: Path) -> None:
    oldest = time.time() - RECENT.total_seconds()
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if path.suffix in {".json", ".damaged"} and path.lstat().st_mtime < oldest:
                _delete(path)


def _delete(path: Path) -> None:
    """Delete a file unless a different run holds it."""
    try:
        file = hold(path, give_up=lambda: True)
    except NotAFileError:
        return
    if file is not None:
        file.remove()


def _take_over(file: Path, folder: Path, note: Note) -> None:
    """Import the refusals that an earlier version stored, then delete that version's file, because it contains the text of replies."""
    if not file.is_file():
        return
    damaged = False
    for row in _earlier_rows(file):
        try:
            _take_over_row(row, folder, note)
        except (ValueError, TypeError, KeyError):
            damaged = True
    if damaged:
        note(f"{file}, from an earlier version, cannot be read completely and was deleted")
    file.unlink()


def _earlier_rows(file: Path) -> list[Any]:
    """Return the first rows in the file, or a single invalid row if the file does not contain a JSON list."""
    try:
        with file.open("rb") as opened:
            rows = json.loads(opened.read(_MOST_EARLIER))
    except (ValueError, RecursionError):
        return [None]
    return rows[:_MOST_ROWS] if isinstance(rows, list) else [None]


def _take_over_row(row: Any, folder: Path, note: Note) -> None:  # noqa: ANN401 - any JSON value
    place, _, user = str(row["host_and_user"]).partition(" ")
    moment: datetime = moment_of(row["time"])
    found = _REPLY.match(str(row["reply"]))
    if user.startswith("via "):  # from a laboratory, whose servers no longer exist
        return
    host = place.rpartition(":")[0].rstrip(".").lower()
    cloud = cloud_of_smtp_host(host)
    account = Account(cloud.name if cloud is not None else host, account_name(user))
    reply = Reply(code=int(found[1]) if found else 535, lines=(found[2] or "" if found else "",))
    record = AttemptRecord(account=account).begun(moment).answered(reply).at(utc_now())
    with contextlib.suppress(BusyError, OSError):
        opened, known = held(folder, account, lambda: True, note)
        with opened:
            if record.attempts and not known.attempts:
                opened.write(record.to_json())
