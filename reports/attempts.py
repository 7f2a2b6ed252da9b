"""Describes how often this machine tried to sign in with an account, and at most how many attempts are left before a lockout."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from evidence.wire import AccountAttempts, SenderEvidence

_UNSEEN: Final = "attempts from elsewhere are not counted"
_MOST_NAMES: Final = 3


def of_account(evidence: SenderEvidence) -> str:
    """Return the sentence for one account, or an empty string if attempts are not counted, as for OAuth."""
    counted = evidence.account_attempts
    if counted is None:
        return ""
    if not counted.made:
        return "none by this machine since the last accepted one"
    rest = f"; at most {counted.left} left before a lockout" if counted.left is not None else ""
    return f"{counted.made} by this machine in 24 hours, none of them accepted{rest} ({_UNSEEN})"


def of_run(gathered: Iterable[SenderEvidence]) -> str:
    """Return one line about all accounts with attempts that were not accepted, or an empty string if there are none."""
    counted = [(one.sender, one.account_attempts) for one in gathered if one.account_attempts is not None]
    tried = [f"{name} {_short(attempts)}" for name, attempts in counted if attempts.made]
    if not tried:
        return ""
    more = f"; and {len(tried) - _MOST_NAMES} more senders" if len(tried) > _MOST_NAMES else ""
    return f"Sign-in attempts by this machine in 24 hours, not accepted: {'; '.join(tried[:_MOST_NAMES])}{more} ({_UNSEEN})."


def _short(attempts: AccountAttempts) -> str:
    return f"{attempts.made}" + (
        f", at most {attempts.left} left before a lockout" if attempts.left is not None else ""
    )
