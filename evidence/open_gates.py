"""Finds the gates that replies prove to be open, and the earlier gates that must have been passed.

Before TLS, any device can answer in place of the server, so on the SMTP leg only evidence over verified TLS counts. A token proves
that the token service works; an accepted sign-in or message proves both legs.
"""

from __future__ import annotations

from typing import Final

from evidence.gates import OAUTH_ONLY, Gate
from evidence.wire import CommandEvidence, SenderEvidence

TOKEN_LEG: Final = tuple(gate for gate in Gate if gate in OAUTH_ONLY)
SMTP_LEG: Final = tuple(gate for gate in Gate if gate not in OAUTH_ONLY)
_PROVES_SMTP: Final = frozenset(SMTP_LEG[SMTP_LEG.index(Gate.TLS) :])
_PROVES_TOKEN: Final = frozenset({*TOKEN_LEG, Gate.SIGN_IN, Gate.ACCEPTED})  # MAIL alone may need no sign-in


def open_gates(evidence: SenderEvidence) -> frozenset[Gate]:
    """Return the gates that a verified handshake, an issuer document, a token or an accepting reply proves to be open."""
    return frozenset({*_on_the_smtp_leg(evidence), *_on_the_token_leg(evidence)})


def passed_gates(evidence: SenderEvidence) -> frozenset[Gate]:
    """Return the gates that precede an open gate on the same leg. They cannot be the cause of a failure."""
    seen = open_gates(evidence)
    return frozenset(
        {gate for place, gate in enumerate(SMTP_LEG) if seen & _PROVES_SMTP & {*SMTP_LEG[place + 1 :]}}
        | {gate for place, gate in enumerate(TOKEN_LEG) if seen & (_PROVES_TOKEN - {*TOKEN_LEG[: place + 1]})}
    )


def _on_the_smtp_leg(evidence: SenderEvidence) -> set[Gate]:
    if evidence.tls is None or not evidence.tls.verified:
        return set()
    seen = {Gate.TLS}
    if evidence.auth_offered is not None and "AUTH" in evidence.auth_offered.keywords:
        seen.add(Gate.AUTH_OFFERED)
    if evidence.sign_in is not None and evidence.sign_in.accepted:
        seen.add(Gate.SIGN_IN)
    envelope = evidence.envelope
    if envelope is not None:
        replies = {Gate.SENDER: envelope.mail, Gate.RECIPIENT: envelope.rcpt, Gate.ACCEPTED: envelope.final}
        seen |= {gate for gate, command in replies.items() if _accepts(command)}
    return seen


def _on_the_token_leg(evidence: SenderEvidence) -> set[Gate]:
    seen = set()
    document, token = evidence.issuer, evidence.token
    if document is not None and document.status == 200 and document.failure is None and document.token_endpoint:
        seen.add(Gate.ISSUER)
    if token is not None and token.length is not None and token.error is None and token.failure is None:
        seen.add(Gate.TOKEN)
    return seen


def _accepts(command: CommandEvidence | None) -> bool:
    return command is not None and command.reply is not None and 200 <= command.reply.code < 300
