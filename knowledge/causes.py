"""The catalogue: every cause by its id, in the order of the route; the entries' words live in `entries`.

A service that the settings declare has entries of its own in `declared`; `entry` gives the one that is true of a service.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from knowledge.cause import Cause
from knowledge.entries import account, application, deferred, login, message, name, network, sign_in, tenant, tls, token

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALL: Final[tuple[Cause, ...]] = (
    *name.ENTRIES,
    *network.ENTRIES,
    *tls.ENTRIES,
    *login.ENTRIES,
    *token.ENTRIES,
    *application.ENTRIES,
    *account.ENTRIES,
    *sign_in.ENTRIES,
    *deferred.ENTRIES,
    *message.ENTRIES,
    *tenant.ENTRIES,
)

CATALOGUE: Final[Mapping[str, Cause]] = MappingProxyType({entry.id: entry for entry in _ALL})

UNRECOGNISED: Final = "unrecognised"

_FOR_GOOD: Final = frozenset(
    {UNRECOGNISED, "recipient_rejected", "send_as_denied", "address_malformed", "wrong_host_or_port", "bad_credentials"}
)


def is_for_good(cause_id: str) -> bool:
    """Whether no retry changes it: a reply that begins with 4 (RFC 5321, 4.2.1) and reads so is a deferral all the same."""
    return cause_id in _FOR_GOOD


@cache
def declared(*, at_login: bool = False) -> Mapping[str, Cause]:
    """The causes as they are worded for a declared service; with `at_login` those at its token service instead of its mail server.

    Loaded when a run has such a service.
    """
    from knowledge.declared import message, network, path, sign_in, tls, token

    entries = (*network.ENTRIES, *path.ENTRIES, *tls.ENTRIES, *token.ENTRIES, *sign_in.ENTRIES, *message.ENTRIES)
    own = (*token.AT_LOGIN, *tls.AT_LOGIN) if at_login else ()
    return MappingProxyType({entry.id: entry for entry in (*entries, *own)})


def entry(cause_id: str, *, microsoft: bool, at_login: bool = False) -> Cause | None:
    """The entry of a cause for Microsoft's service or for a declared one; None for an id that Microsoft's catalogue lacks.

    A cause without words for a declared service gets those of a reply that no rule knows: never Microsoft's.
    """
    if microsoft:
        return CATALOGUE.get(cause_id)
    known = declared(at_login=at_login)
    return known.get(cause_id) or known[UNRECOGNISED]
