"""The folders that a run writes to: in the checkout or, if that is read-only, in the account's own folder.

A service account may use a checkout that an administrator installed and that it cannot write to. The account may not have a home either.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.account import account
from settings.whole_file import create, temporary_for

_OWN = pytest.StashKey[Path | None]()
_NOTE = pytest.StashKey[str]()


def state_folder() -> Path | None:
    """Return the folder for this account's state, such as the record of sign-in attempts, or None if the account has no home."""
    import platformdirs  # only live runs need it

    folder = Path(platformdirs.user_state_dir("smtp365", appauthor=False))
    return folder if folder.is_absolute() else None


def writable(folder: Path) -> bool:
    """Return whether a file can be created in the folder or, if the folder does not exist, in its nearest existing parent.

    The function creates and deletes a file, because permissions on Windows do not show this.
    """
    try:
        while not folder.exists():
            folder = folder.parent
        probe = temporary_for(folder / "smtp365")
        with create(probe):
            pass
        probe.unlink()
    except OSError:
        return False
    return True


def choose_folders(config: pytest.Config, root: Path) -> None:
    """Choose the account's own folder if the checkout is read-only, and record a note. Call this before pytest creates its cache."""
    out = root / "reports" / "out"
    if writable(out) and writable(root):
        return
    own = config.stash[_OWN] = state_folder()
    if own is not None and writable(own):
        note = f"the account {account()} cannot write to {root}, so reports, state and pytest's cache go to {own}"
        _set_cache(config, own / "pytest-cache")
    else:
        note = (
            f"the account {account()} cannot write to {root} or to {own or 'a home folder'}, so pytest keeps no cache"
        )
        config.addinivalue_line("filterwarnings", "ignore::pytest.PytestCacheWarning")
    config.stash[_NOTE] = note


def _set_cache(config: pytest.Config, folder: Path) -> None:
    """Set the option `cache_dir` unless the user set it. pytest offers no public API for this once it has read its options."""
    if config.pluginmanager.hasplugin("cacheprovider") and config.getini("cache_dir") == ".pytest_cache":
        config._inicache["cache_dir"] = str(folder)  # noqa: SLF001


def report_folder(config: pytest.Config, root: Path) -> Path:
    """Return the folder for reports when `--html` is not used.

    Raises:
        pytest.UsageError: the account can write neither to the checkout nor to a folder of its own. The message is one line.

    """
    if _OWN not in config.stash:
        return root / "reports" / "out"
    own = config.stash[_OWN]
    if own is None or not writable(own):
        line = f"the account {account()} cannot write to {root} or to {own or 'a home folder'}"
        raise pytest.UsageError(f"{line}; choose a path for the report with --html")
    return own / "reports"


def notes(config: pytest.Config, *, live: bool) -> list[str]:
    """Return the lines about folders that the account cannot write to. For a live run, they include the record of sign-in attempts."""
    lines = [config.stash[_NOTE]] if _NOTE in config.stash else []
    own = state_folder() if live else None
    if live and (own is None or not writable(own)):
        lines.append(
            f"cannot write to {own or 'the home folder of this account'}, so sign-in attempts will not be recorded for the next run"
        )
    return lines
