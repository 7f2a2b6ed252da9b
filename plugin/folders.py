"""Where a run may write: in the checkout, or else in the account's own folder.

A service account runs a checkout that an administrator installed, and may not write there; it may have no home either.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from settings.account import account

_OWN = pytest.StashKey[Path | None]()
_NOTE = pytest.StashKey[str]()


def state_folder() -> Path | None:
    """Where this account's state lives, such as the memory of refused sign-ins; None where the account has no home."""
    import platformdirs  # a live run's need

    folder = Path(platformdirs.user_state_dir("smtp365", appauthor=False))
    return folder if folder.is_absolute() else None


def writable(folder: Path) -> bool:
    """Whether a file can be made in the folder, or the folder itself in what is there of its parents. Tried, for Windows cannot tell."""
    try:
        while not folder.exists():
            folder = folder.parent
        probe = folder / f".smtp365-{os.getpid()}.part"
        with probe.open("xb"):
            pass
        probe.unlink()
    except OSError:
        return False
    return True


def settle(config: pytest.Config, root: Path) -> None:
    """Decide, before pytest makes its cache, what goes to the account's own folder, and note it in a line."""
    out = root / "reports" / "out"
    if writable(out) and writable(root):
        return
    own = config.stash[_OWN] = state_folder()
    if own is not None and writable(own):
        line = f"the account {account()} cannot write in {root}: reports, state and pytest's cache go to {own}"
        _set_cache(config, own / "pytest-cache")
    else:
        line = f"the account {account()} can write neither in {root} nor in {own or 'a home of its own'}: pytest keeps no cache"
        config.addinivalue_line("filterwarnings", "ignore::pytest.PytestCacheWarning")
    config.stash[_NOTE] = line


def _set_cache(config: pytest.Config, folder: Path) -> None:
    """The option cache_dir, unless the user gave one. pytest has no public way to set it from here."""
    if config.pluginmanager.hasplugin("cacheprovider") and config.getini("cache_dir") == ".pytest_cache":
        config._inicache["cache_dir"] = str(folder)  # noqa: SLF001


def of_reports(config: pytest.Config, root: Path) -> Path:
    """The folder for reports that no option names a place for. Raises UsageError where there is none; one line."""
    if _OWN not in config.stash:
        return root / "reports" / "out"
    own = config.stash[_OWN]
    if own is None or not writable(own):
        line = f"the account {account()} can write neither in {root} nor in {own or 'a home of its own'}"
        raise pytest.UsageError(f"{line}; name a place for the report with --html")
    return own / "reports"


def notes(config: pytest.Config, *, live: bool) -> list[str]:
    """What the user must know about it, one line each."""
    lines = [config.stash[_NOTE]] if _NOTE in config.stash else []
    own = state_folder() if live else None
    if live and (own is None or not writable(own)):
        lines.append(
            f"{own or 'the home of this account'} cannot be written: refused sign-ins are not remembered for the next run"
        )
    return lines
