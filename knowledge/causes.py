"""The catalogue of causes, by id and in the order of the route. The entries are in `entries`.

`declared` returns the entries for a service that the settings declare; `entry` returns the entry of one cause for either service.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from knowledge.cause import Cause
from knowledge.entries import (
    account,
    application,
    deferred,
    high_volume,
    limits,
    login,
    message,
    name,
    network,
    own_client,
    sign_in,
    tenant,
    tls,
    token,
    unrecognised,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALL: Final[tuple[Cause, ...]] = (
    *name.ENTRIES,
    *network.ENTRIES,
    *tls.ENTRIES,
    *own_client.ENTRIES,
    *login.ENTRIES,
    *token.ENTRIES,
    *application.ENTRIES,
    *account.ENTRIES,
    *sign_in.ENTRIES,
    *deferred.ENTRIES,
    *message.ENTRIES,
    *high_volume.ENTRIES,
    *limits.ENTRIES,
    *unrecognised.ENTRIES,
    *tenant.ENTRIES,
)

CATALOGUE: Final[Mapping[str, Cause]] = MappingProxyType({entry.id: entry for entry in _ALL})

UNRECOGNISED: Final = "unrecognised"

_FOR_GOOD: Final = frozenset(
    {UNRECOGNISED, "recipient_rejected", "send_as_denied", "address_malformed", "wrong_host_or_port", "bad_credentials"}
)


def is_for_good(cause_id: str) -> bool:
    """Return whether a cause contradicts a temporary reply; if so, a reply that begins with 4 is a deferral (RFC 5321, 4.2.1)."""
    return cause_id in _FOR_GOOD


@cache
def declared(*, at_login: bool = False) -> Mapping[str, Cause]:
    """Return the entries for a declared service; with `at_login`, those about its token service replace those about its mail server.

    The entries are imported only when a run has such a service.
    """
    from knowledge.declared import message, network, path, sign_in, tls, token

    entries = (*network.ENTRIES, *path.ENTRIES, *tls.ENTRIES, *token.ENTRIES, *sign_in.ENTRIES, *message.ENTRIES)
    own = (*token.AT_LOGIN, *tls.AT_LOGIN) if at_login else ()
    return MappingProxyType({entry.id: entry for entry in (*entries, *own)})


def entry(cause_id: str, *, microsoft: bool, at_login: bool = False) -> Cause | None:
    """Return the entry of a cause for Microsoft's or a declared service, or None if Microsoft's catalogue does not contain the id.

    For a declared service, a cause without an entry gets the entry of an unrecognised reply, never Microsoft's.
    """
    if microsoft:
        return CATALOGUE.get(cause_id)
    known = declared(at_login=at_login)
    return known.get(cause_id) or known[UNRECOGNISED]
