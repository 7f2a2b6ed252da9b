"""The values of the command-line options of smtp365."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The values of the options. `folder` is the directory in which the command was started; `root` is the directory of smtp365."""

    target: str
    settings: str | None
    senders: tuple[str, ...]
    folder: Path
    root: Path
    strict: bool
    no_send: bool = False
    try_again: bool = False
    faults: tuple[str, ...] = ()
    baseline: str | None = None
    mask: bool = False
    lookups: bool = False
    admin_sign_in: bool = False
    tenant_export: str | None = None
    lookups_for: str | None = None
