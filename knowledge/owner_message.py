"""Writes the message that asks the owner of a cause to resolve it. The message is for copying; this module sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knowledge.cause import NOTHING
from knowledge.causes import entry as entry_of
from knowledge.placeholders import fill
from knowledge.step import Known, arranged, open_steps, seen_steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GREETING: Final[Mapping[str | None, str]] = {
    "sender": "To the owner of the application:",
    "exchange": "To the Exchange administrators:",
    "entra": "To the Entra administrators:",
    "network": "To the network team:",
    "microsoft": "To Microsoft support (open a case in the Microsoft 365 admin center > Support):",
    "server": "To the administrator of {smtp_server}:",
    "login": "To the administrator of the token service at {login_host}:",
    None: "To the owner of the application:",
}

_EVERYONE: Final[frozenset[str | None]] = frozenset(GREETING)
# What an administrator needs to find the attempt: the label of each fact, and the owners whom it helps.
FACTS: Final[Mapping[str, tuple[str, frozenset[str | None]]]] = {
    "account": ("Account that signs in", frozenset({"sender", "exchange", "entra", "microsoft", "server", None})),
    "from_address": ("From address", frozenset({"sender", "exchange", "microsoft", "server"})),
    "recipient": ("Recipient", frozenset({"sender", "exchange", "microsoft", "server"})),
    "smtp_server": ("SMTP server", frozenset({"sender", "network", "microsoft", "server", None})),
    "port": ("Port", frozenset({"sender", "network", "server", None})),
    "login_host": ("Login host", frozenset({"sender", "network", "login"})),
    "tenant": ("Tenant", frozenset({"sender", "exchange", "entra", "microsoft"})),
    "client_id": ("Application (client) id", frozenset({"sender", "exchange", "entra", "login"})),
    "sp_object_id": ("Object id of the enterprise application", frozenset({"exchange", "entra"})),
    "source_address": (
        "IP address of the attempt",
        frozenset({"exchange", "entra", "network", "microsoft", "server", "login", None}),
    ),
    "time": ("Time of the attempt (UTC)", _EVERYONE),
    "server_stamp": ("Server's stamp", frozenset({"exchange", "microsoft"})),
    "trace_id": ("Entra trace id", frozenset({"entra", "microsoft"})),
    "correlation_id": ("Entra correlation id", frozenset({"entra", "microsoft"})),
    "reply": ("Reply received", _EVERYONE),
}

_WHICH_OBJECT_ID: Final = (
    "Please use the object id of the enterprise application (Entra admin center > Enterprise "
    "applications), not that of the app registration: Exchange accepts sign-ins only with the former, and "
    "the two differ."
)
_APPLICATION_RIGHTS: Final = frozenset(
    {"sp_not_registered_in_exchange", "sp_mailbox_permission_missing", "consent_missing", "send_as_denied"}
)
_LONGEST: Final = 600


def _plain(value: str) -> str:
    return " ".join(value.split())[:_LONGEST]


_NOTHING_SEEN: Final = Known()


def request(
    cause_id: str,
    values: Mapping[str, str],
    *,
    others: Sequence[str] = (),
    decide: Sequence[str] = (),
    microsoft: bool = True,
    at_login: bool = False,
    seen: Known = _NOTHING_SEEN,
) -> str:
    """Return the message that asks the owner of a cause to resolve it.

    The message has a salutation, the problem, the known facts, the steps and the verification. Facts without a value are left out;
    in a command, `<marker>` replaces a missing value.

    Args:
        cause_id: The id of the cause.
        values: The known facts by the names in `FACTS`, and `ruled_out`: one line for each cause that the run has ruled out.
        others: The ids of other possible causes; if there are any, the message states that the cause is not certain.
        decide: The steps that show which of the causes applies.
        microsoft: False for a service that the settings declare.
        at_login: True if the token service of a declared service failed.
        seen: What the run has established; the message does not ask for steps that this answers.

    Raises:
        KeyError: The id is not in the catalogue.

    """
    found = entry_of(cause_id, microsoft=microsoft, at_login=at_login)
    if found is None:
        raise KeyError(cause_id)
    entry = fill(found, values)
    lines = [fill(GREETING[entry.who], values), ""]
    likely = "most likely " if others else ""
    service = "Microsoft 365" if microsoft else fill("{smtp_server}", values)
    lines += [
        f"One of our applications cannot send mail through {service}: {likely}{entry.title}.",
        f"What this means: {entry.meaning}" if others else entry.meaning,
        "",
    ]
    facts = [
        f"  {label}: {_plain(values[name])}"
        for name, (label, helps) in FACTS.items()
        if entry.who in helps and values.get(name, "").strip() and (microsoft or name != "tenant")
    ]
    if facts:
        lines += ["What is known:", *facts]
        if microsoft and cause_id in _APPLICATION_RIGHTS and values.get("client_id"):
            lines += [f"  {_WHICH_OBJECT_ID}"]
        lines += [""]
    ruled_out = [_plain(line) for line in values.get("ruled_out", "").splitlines() if line.strip()]
    if ruled_out:
        lines += ["Already ruled out:", *(f"  - {line}" for line in ruled_out), ""]
    if others:
        known = (entry_of(name, microsoft=microsoft, at_login=at_login) for name in others)
        lines += ["Other possible causes:", *(f"  - {one.title}" for one in known if one is not None), ""]
        lines += ["How to find the cause:", *(f"  - {line}" for line in decide), ""] if decide else []
    asked = "What we ask you to do, if this is the cause:" if others else "What we ask you to do:"
    steps = arranged(entry.steps, seen)
    lines += [asked, *(f"  {place}. {step}" for place, step in enumerate(open_steps(steps), 1))]
    lines += [*(f"  - {_plain(step)}" for step in seen_steps(steps)), ""]
    lines += [f"How we will verify the result: {entry.verify}"]
    closing = (("Takes effect", entry.propagation), ("Risk", entry.risk))
    lines += [f"{label}: {text}" for label, text in closing if text != NOTHING]
    lines += [f"Source: {'; '.join(entry.source)}", ""]
    return "\n".join(lines)
