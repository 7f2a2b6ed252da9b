"""The target of a run: the built-in tenant, the live service, or earlier reports."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from settings.mistakes import SettingsError

DEFAULT_FILE = "settings.toml"
BUILT_IN = "fake"  # the option's value for the built-in tenant
GATHER = frozenset({BUILT_IN, "live"})  # the targets that gather evidence


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a run. `fake` and `live` gather evidence; `report` evaluates the report at `path`, `folder` all reports in `path`."""

    kind: Literal["fake", "live", "report", "folder"]
    path: Path | None = None

    @property
    def label(self) -> str:
        """The word for this target in the report's file name."""
        return {"report": "replay", "folder": "overview"}.get(self.kind, self.kind)


def target_of(text: str, folder: Path, option: str = "--target") -> Target:
    """Return the target that `--target` or another option names. Raises SettingsError unless it is a known word, a report or a folder."""
    if text == "fake":
        return Target("fake")
    if text == "live":
        return Target("live")
    path = folder / text
    if path.suffix.lower() in {".html", ".htm", ".json"}:
        if path.is_file():
            return Target("report", path)
        raise SettingsError([f"{option}={text}: this report does not exist"])
    if option != "--target":
        raise SettingsError([f"{option}={text}: write the path of a report (.html or .json)"])
    if path.is_dir():
        return Target("folder", path)
    close = difflib.get_close_matches(text, ["fake", "live"], n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise SettingsError(
        [f"--target={text}: write fake, live, the path of a report (.html or .json), or a folder of reports{hint}"]
    )


def earlier_report(text: str, folder: Path, target: str) -> Target:
    """Return the target that `--lookups-for` names. Raises SettingsError if it is not a report, or if `--target` is given too."""
    if target != "fake":
        raise SettingsError(
            [f"--lookups-for={text}: this option contacts no mail server, so leave out --target={target}"]
        )
    if text in {"fake", "live"}:
        raise SettingsError([f"--lookups-for={text}: write the path of a report (.html or .json)"])
    return target_of(text, folder, "--lookups-for")


def settings_file(given: str | None, folder: Path, root: Path, asked_by: str = "--target=live") -> Path:
    """Return the file that `--settings` names or, by default, settings.toml in `folder` or `root`.

    Raises:
        SettingsError: `--settings` was not given, and neither folder has such a file.

    """
    if given is not None:
        return folder / given
    found = _default_file(folder, root)
    if found is not None:
        return found
    raise SettingsError(
        [
            f"{asked_by} needs a settings file; copy settings.example.toml to settings.toml and fill it in, or write --settings=FILE"
        ]
    )


def unread_settings(folder: Path, root: Path) -> str:
    """Return the name of the settings file that a live run would read, or an empty string if there is no such file."""
    return DEFAULT_FILE if _default_file(folder, root) is not None else ""


def _default_file(folder: Path, root: Path) -> Path | None:
    return next((place / DEFAULT_FILE for place in (folder, root) if (place / DEFAULT_FILE).is_file()), None)
