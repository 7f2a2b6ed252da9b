"""The test message. It states where it comes from, suppresses automatic replies, and contains no secrets (RFC 5322, RFC 3834)."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid


def compose(*, mail_from: str, recipient: str, host: str, moment: datetime, tool: str) -> EmailMessage:
    """Return the message for `recipient`. `host` is the name of this machine, and `moment` is the time of the run in UTC."""
    message = EmailMessage()
    message["From"] = _address(mail_from)
    message["To"] = _address(recipient)
    message["Subject"] = f"smtp365 test message from {_plain(host)}, {moment:%Y-%m-%d %H:%M} UTC"
    message["Date"] = format_datetime(moment)
    message["Message-ID"] = make_msgid(domain=_domain(mail_from))
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["X-Mailer"] = tool
    message.set_content(
        "This is a test message from a check of the mail settings that was started by hand or on a schedule.\n"
        "It shows that mail can be sent. You do not need to do anything, and you can delete it.\n"
        f"\nRun on: {_plain(host)}\nAt: {moment:%Y-%m-%d %H:%M:%S} UTC\nBy: {tool}\n"
    )
    return message


def _address(text: str) -> Address | str:
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        return _plain(text)
    try:
        return Address(username=local, domain=domain)
    except (ValueError, IndexError):
        return _plain(text)


def _domain(text: str) -> str:
    domain = text.rpartition("@")[2]
    try:
        return domain.encode("idna").decode("ascii") or "smtp365.invalid"
    except UnicodeError:
        return "smtp365.invalid"


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
