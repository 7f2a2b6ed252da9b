"""A calendar file beside the report with the expiry dates of client secrets and passwords (FAQ, "Create a Client Secret").

The file follows RFC 5545 and has what Outlook requires: METHOD, UID, DTSTAMP, all-day dates and two relative display alarms.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vDatetime

from reports.escaping import one_line
from reports.overview import declared
from reports.run import Run
from settings.model import SenderSettings

_ALARMS = (timedelta(days=30), timedelta(days=7))


def calendar(run: Run) -> bytes | None:
    """Return a calendar with one all-day event for each declared date that has not passed, or None if there is none."""
    found = [
        _event(assessment.settings, what, day, run.finished)
        for assessment in run.senders
        for what, day in declared(assessment.settings.sender)
        if day >= run.finished.date()
    ]
    if not found:
        return None
    content = Calendar()
    content.add("prodid", "-//smtp365//reminder//EN")
    content.add("version", "2.0")
    content.add("calscale", "GREGORIAN")
    content.add("method", "PUBLISH")
    for event in found:
        content.add_component(event)
    return bytes(content.to_ical())


def _event(settings: SenderSettings, what: str, day: date, written: datetime) -> Event:
    sender = settings.sender
    who = one_line(sender.client_id if what == "client secret" else sender.sign_in_user, 120)
    title = one_line(f"The {what} of {sender.name} expires, and no mail is sent until it is renewed", 200)
    event = Event()
    event.add("uid", f"{hashlib.sha256(f'{sender.name}|{what}|{who}|{day}'.encode()).hexdigest()[:32]}@smtp365")
    event["dtstamp"] = vDatetime(written)  # set directly, because add() needs time zone data even for UTC
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", title)
    event.add("transp", "TRANSPARENT")
    event.add("description", _steps(what, who, microsoft=settings.service.microsoft))
    for before in _ALARMS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", -before)
        event.add_component(alarm)
    return event


def _steps(what: str, who: str, *, microsoft: bool) -> str:
    if what == "client secret":
        microsoft_step = "create a new client secret in Microsoft Entra (App registrations, Certificates & secrets)"
        other_step = "ask the administrator of the token service for a new client secret"
        return (
            f"Application {who}: {microsoft_step if microsoft else other_step}, enter its value in the mail plugin, send a test message, "
            "then remove the old secret and write the new date into the settings."
        )
    return f"Account {who}: set a new password, enter it in the mail plugin, send a test message, and write the new date into the settings."
