"""Labels for gates, verdicts, owners and durations in reports. The texts of causes are in `knowledge`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from checks.assessment import GateState, SenderVerdict
from checks.model import Verdict
from evidence.gates import Gate
from knowledge.placeholders import fill

GATES: Final[dict[Gate, str]] = {
    Gate.NAME: "DNS name",
    Gate.PORT: "TCP port",
    Gate.GREETING: "Greeting",
    Gate.STARTTLS: "STARTTLS",
    Gate.TLS: "TLS",
    Gate.AUTH_OFFERED: "AUTH offered",
    Gate.ISSUER: "Issuer document",
    Gate.TOKEN: "Token",
    Gate.CLAIMS: "Token claims",
    Gate.SIGN_IN: "Sign-in",
    Gate.SENDER: "Sender",
    Gate.RECIPIENT: "Recipient",
    Gate.ACCEPTED: "Message",
}
VERDICTS: Final[dict[Verdict, str]] = {
    Verdict.PASS: "Pass",
    Verdict.RISK: "Risk",
    Verdict.ATTESTED: "Attested",
    Verdict.FAIL: "Fail",
    Verdict.BLOCKED: "Blocked",
    Verdict.UNKNOWN: "Unknown",
    Verdict.NOT_APPLICABLE: "Not applicable",
}
STATES: Final[dict[GateState, str]] = {
    "ok": "passed",
    "broken": "stops here",
    "not_reached": "not reached",
    "not_tested": "not tested",
}
ANSWERS: Final[dict[SenderVerdict, str]] = {
    "can_send": "Can send",
    "cannot_send": "Cannot send",
    "not_proven": "Not proven",
}
METHODS: Final = {"basic": "Basic authentication", "oauth": "OAuth 2.0"}
OWNERS: Final[dict[str | None, str]] = {
    "sender": "The owner of the application and its mail settings",
    "exchange": "An Exchange administrator",
    "entra": "An Entra administrator",
    "network": "The network or host team",
    "microsoft": "Microsoft (wait, or open a support case)",
    "server": "The administrator of {smtp_server}",
    "login": "The administrator of the token service at {login_host}",
    None: "Not known yet",
}
# The same owners, as the addressees of a message.
ADDRESSEES: Final[dict[str | None, str]] = {
    "sender": "the owner of the application",
    "exchange": "the Exchange administrators",
    "entra": "the Entra administrators",
    "network": "the network team",
    "microsoft": "Microsoft",
    "server": "the administrator of {smtp_server}",
    "login": "the administrator of the token service at {login_host}",
    None: "the person responsible",
}
FAMILIES: Final = {
    "NET": "Network and DNS",
    "SMTP": "SMTP dialogue",
    "TLS": "TLS",
    "TOKEN": "Token",
    "AUTH": "Sign-in",
    "MBX": "Mailbox and message",
    "RISK": "Upcoming problems",
    "HOST": "This machine",
}


def owner(who: str | None, values: Mapping[str, str]) -> str:
    """Return who acts for one sender. `values` holds the values of the placeholders."""
    return fill(OWNERS.get(who, OWNERS[None]), values)


def addressee(who: str | None, values: Mapping[str, str]) -> str:
    """Return the addressee of a message about one sender."""
    return fill(ADDRESSEES.get(who, ADDRESSEES[None]), values)


def duration(seconds: float | None) -> str:
    """Format a duration as `84 ms`, `2.41 s` or `75 s`. Return an empty string for None."""
    if seconds is None:
        return ""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


def sentence(text: str) -> str:
    """Return the text with a full stop, and capitalised if it begins with a word. An address at the beginning keeps its case."""
    text = text.strip()
    if not text:
        return ""
    if text.split()[0].rstrip(",;:").replace("-", "").isalpha():
        text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?…" else f"{text}."
