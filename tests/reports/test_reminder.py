"""The calendar file can be read with an independent library, and is written only for a declared expiry date in the future."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from icalendar import Calendar

from checks.assessment import Assessment
from plugin.outputs import write_reminder
from reports import reminder
from reports.run import Run
from tests.reports import samples


def oauth(**changes: object) -> Run:
    """Return a run with one OAuth sender."""
    return samples.run(Assessment(samples.oauth(), samples.oauth_settings(**changes)))


def test_a_declared_secret_gets_an_event_with_two_alarms(tmp_path: Path) -> None:
    """The event is an all-day event on the declared date, with alarms 30 and 7 days earlier."""
    path = write_reminder(oauth(), tmp_path / "run.ics")

    assert path == tmp_path / "run.ics"
    calendar = Calendar.from_ical(path.read_bytes())
    (event,) = calendar.walk("VEVENT")
    assert event.decoded("dtstart") == date(2027, 6, 1)
    assert event.decoded("dtend") == date(2027, 6, 2)
    assert "reports" in str(event["summary"])
    assert [alarm.decoded("trigger") for alarm in event.walk("VALARM")] == [-timedelta(days=30), -timedelta(days=7)]
    assert list(tmp_path.iterdir()) == [path]


def test_the_calendar_file_is_well_formed() -> None:
    """The file has a version, a method, a stamp, a unique id, CRLF line endings, and lines of at most 75 octets (RFC 5545, 3.1)."""
    text = reminder.calendar(oauth())

    assert text is not None
    lines = text.split(b"\r\n")
    assert {b"VERSION:2.0", b"METHOD:PUBLISH", b"BEGIN:VEVENT"} <= set(lines)
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)
    assert sorted(line.partition(b":")[0] for line in lines if line.startswith((b"UID", b"DTSTAMP"))) == [
        b"DTSTAMP",
        b"UID",
    ]


def test_the_same_date_is_the_same_event_in_every_run() -> None:
    """Every run writes the same file for the same date, so importing it again adds no second event."""
    first, second = reminder.calendar(oauth()), reminder.calendar(oauth())

    assert first == second


def test_nothing_is_written_without_a_future_date(tmp_path: Path) -> None:
    """No calendar file is written if no date is declared, if the date is past or if the password never expires."""
    past = oauth(client_secret_expires=date(2025, 1, 1))
    never = samples.run(Assessment(samples.basic(), samples.basic_settings()))

    written = [write_reminder(run, tmp_path / "run.ics") for run in (past, never, oauth(client_secret_expires=None))]
    assert written == [None, None, None]
    assert list(tmp_path.iterdir()) == []
