"""The frozen record of the machine that ran the suite."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from evidence.limits import Listed, Members, Number
from evidence.record import Record
from settings.identity import AccountName, HostText, PublicText, Words


class RegistryValue(Record):
    """A value in the Windows registry. `data` is None if the value is not set or not a number."""

    path: Words
    name: Words
    view: Literal["64", "32"]
    data: Number | None


class MachineEvidence(Record):
    """The machine and the account that ran the suite. Proxy, trust store and firewall rules can differ for another account."""

    host: HostText
    system: PublicText
    python: PublicText
    openssl: PublicText
    account: AccountName
    tool_version: PublicText
    proxies: Annotated[dict[str, Words], Members] = Field(default_factory=dict)
    resolvers: Annotated[tuple[Words, ...], Listed] = ()
    registry: Annotated[tuple[RegistryValue, ...], Listed] | None = None
    registry_failure: Words | None = None
    connect_map: bool = False
