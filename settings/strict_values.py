"""Reads numbers and times from texts that others wrote.

`str.isdigit()` accepts characters that `int()` rejects (such as superscripts) or reads as digits (such as full-width ones), and `int()`
accepts blanks, signs, underscores and any length. In protocols, a digit is one of 0 to 9.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LARGEST_WHOLE: Final = 2**53  # JSON numbers beyond it differ between parsers (RFC 8259, section 6)
_DIGITS: Final = re.compile(r"[0-9]{1,16}")
_LONGEST_TIME: Final = 64


def whole(text: str, most: int = LARGEST_WHOLE) -> int | None:
    """Return the number that the text consists of, or None if it is not a number from 0 to `most`."""
    if not _DIGITS.fullmatch(text):
        return None
    number = int(text)
    return number if number <= most else None


def port_number(text: str) -> int | None:
    """Return the port that the text consists of, or None if it is not a number from 1 to 65535."""
    return whole(text, 65535) or None


def utc_time(text: str) -> datetime | None:
    """Return an ISO 8601 time in UTC, or None if the text is not a time. A time without a zone is assumed to be UTC."""
    if len(text) > _LONGEST_TIME or not text.isascii():
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def message_time(text: str) -> datetime | None:
    """Return a time in the form of Internet messages and HTTP (RFC 5322, RFC 9110) in UTC, or None if the text is not one."""
    if len(text) > _LONGEST_TIME or not text.isascii():
        return None
    try:
        moment: datetime = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


__all__ = ["LARGEST_WHOLE", "message_time", "port_number", "utc_time", "whole"]
