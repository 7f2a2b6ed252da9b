"""Keeps what pytest prints on the terminal, so that the self-test can search it."""

from __future__ import annotations

from typing import Any

import pytest

_PRINTED: pytest.StashKey[list[str]] = pytest.StashKey()


def keep(config: pytest.Config) -> None:
    """Keep everything that pytest's reporter prints from now on."""
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or _PRINTED in config.stash:
        return
    printed: list[str] = []
    config.stash[_PRINTED] = printed
    write = reporter._tw.write  # noqa: SLF001 - as pytest's own pastebin plugin does

    def write_and_keep(text: str, **markup: Any) -> None:  # noqa: ANN401 - as the terminal writer has it
        printed.append(text)
        write(text, **markup)

    reporter._tw.write = write_and_keep  # noqa: SLF001


def kept(config: pytest.Config) -> str:
    """Return everything that was printed since `keep` was called."""
    parts = config.stash.get(_PRINTED, [""])
    return "".join(parts)
