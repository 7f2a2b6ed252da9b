"""The catalogue: every cause by its id, in the order of the route; the entries' words live in `entries`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from knowledge.cause import Cause
from knowledge.entries import account, application, message, sign_in, tenant, tls, token, way

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALL: Final[tuple[Cause, ...]] = (
    *way.ENTRIES,
    *tls.ENTRIES,
    *token.ENTRIES,
    *application.ENTRIES,
    *account.ENTRIES,
    *sign_in.ENTRIES,
    *message.ENTRIES,
    *tenant.ENTRIES,
)

CATALOGUE: Final[Mapping[str, Cause]] = MappingProxyType({entry.id: entry for entry in _ALL})

UNRECOGNISED: Final = "unrecognised"
