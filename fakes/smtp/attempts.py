"""Create the record of an SMTP sign-in, with the reply and the values for the tenant's sign-in log."""

from datetime import datetime

from ..world.records import SignIn
from . import replies
from .sign_in import Identity, Refused


def record(user: str, mechanism: str, outcome: Identity | Refused, *, session: str, peer: str, at: datetime) -> SignIn:
    """Return the record of one attempt.

    Entra logs a password sign-in at this point. It logs an OAuth sign-in earlier, when it issues the token.
    """
    refused = outcome if isinstance(outcome, Refused) else Refused(reply=replies.SIGNED_IN, code=0)
    return SignIn(
        user=user,
        mechanism=mechanism,
        reply=refused.reply,
        session=session,
        code=refused.code if mechanism == "LOGIN" else None,
        policies=refused.policies,
        peer=peer,
        at=at,
    )
