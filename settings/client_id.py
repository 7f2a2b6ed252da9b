"""How a client id is shown. A value that is not a GUID may be the secret, typed into the wrong field, so it is not shown in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from settings.microsoft import GUID

if TYPE_CHECKING:
    from settings.model import SenderSettings

_SHOWN: Final = 4


def is_guid(client_id: str) -> bool:
    """Return whether the value is a GUID, even if it is in brackets or quotes."""
    return GUID.fullmatch(client_id.strip("{}<>\"' ")) is not None


def shown(client_id: str) -> str:
    """Return a GUID as it is, and at most four characters of any other value."""
    return client_id if is_guid(client_id) or len(client_id) <= _SHOWN else f"{client_id[:_SHOWN]}…"


def may_be_secret(client_id: str, *, microsoft: bool) -> bool:
    """Return whether the value may be a secret, because it is not a GUID.

    For a declared service, it must also be long and contain letters of both cases and a digit.
    """
    if not client_id or is_guid(client_id):
        return False
    mixed = client_id.lower() != client_id != client_id.upper() and any(one.isdigit() for one in client_id)
    return microsoft or (mixed and len(client_id) >= 3 * _SHOWN)


def with_shown_id(settings: SenderSettings) -> SenderSettings:
    """Return the settings of a sender with the client id as it is shown."""
    sender = settings.sender
    if shown(sender.client_id) == sender.client_id:
        return settings
    return settings.model_copy(update={"sender": sender.model_copy(update={"client_id": shown(sender.client_id)})})
