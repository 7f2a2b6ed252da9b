"""The reasons why a record is missing from the evidence for a sender."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

RecordName = Literal[
    "name",
    "port",
    "greeting",
    "starttls",
    "plain_mail",
    "tls",
    "auth_offered",
    "issuer",
    "token",
    "sign_in",
    "envelope",
    "quit",
    "tenant",
]


class MissingReason(StrEnum):
    """The reason why a record is missing."""

    NOT_APPLICABLE = (
        "not_applicable"  # the sender's method, its settings or the options of the run do not use this step
    )
    NOT_REACHED = "not_reached"  # an earlier step failed
    TIMED_OUT = "timed_out"  # the sender's deadline expired before the step
    INTERRUPTED = "interrupted"  # the user interrupted the run before the step
    CRASHED = "crashed"  # the suite itself failed before the step
