"""The self-test at the end of a run, which searches the outputs for the run's secrets. It backs up the redaction, which works differently.

The files of the run and everything that was printed are searched. A file that contains a secret is masked and written again, or
removed if that is not possible. A secret that is also part of the suite's own text or of the settings counts as an ordinary word. It
is not masked, and one line reports it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from probes.leak_search import LeakSearch
from probes.ordinary_words import is_ordinary
from reports.packed_parts import DamagedPartError, pieces, repacked, unpacked, without_parts
from settings.whole_file import is_device, write_whole

_LARGEST: Final = 512 * 1024 * 1024
_ROOT: Final = Path(__file__).resolve().parents[1]
_OWN: Final = ("settings", "evidence", "probes", "checks", "knowledge", "reports", "plugin")
_ENDINGS: Final = {".py", ".html", ".css", ".js"}


@dataclass(slots=True)
class SelfTest:
    """The result: the files that were masked or removed, and whether a secret was printed or is an ordinary word."""

    masked: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    printed: bool = False
    ordinary: bool = False

    @property
    def failed(self) -> bool:
        """Whether an output contained a secret."""
        return bool(self.masked or self.removed or self.printed)

    @property
    def lines(self) -> list[str]:
        """The lines for the terminal: one if an output contained a secret, one if a secret is an ordinary word."""
        lines = []
        if self.failed:
            parts = (
                f"{', '.join(self.masked)} (masked now)" if self.masked else "",
                f"{', '.join(self.removed)} (removed)" if self.removed else "",
                "the lines printed above" if self.printed else "",
            )
            where = ", ".join(part for part in parts if part)
            lines.append(f"smtp365: self-test: a secret was found in {where}; report this as described in SECURITY.md")
        if self.ordinary:
            lines.append(
                "smtp365: self-test: a secret of this run is also an ordinary word in the report, so it was not masked; "
                "choose a different secret"
            )
        return lines


def search(
    secrets: Iterable[str], files: Iterable[Path], printed: str, known: Callable[[], Iterable[str]]
) -> tuple[SelfTest, Callable[[str], str]]:
    """Search the files and the printed text, and mask the secrets in the files.

    Args:
        secrets: the secrets of the run.
        files: the files of the run; those that do not exist are ignored.
        printed: what was printed.
        known: returns texts that are the same with any secret, such as the settings.

    Returns:
        The result, and a function that masks the secrets in any other text.

    """
    every = tuple(secrets)
    rare = [secret for secret in every if not is_ordinary(secret, 0, len(secret))]
    result = SelfTest(ordinary=len(rare) < len(every))
    leaks = LeakSearch(rare)
    found = {path: numbers for path in files if (numbers := _found_in_file(leaks, path))}
    shown = _found(leaks, printed)
    suspects = sorted(shown.union(*found.values()))
    if not suspects:
        return result, lambda text: text if not leaks.found(text) else leaks.masked(text)
    ordinary = _ordinary(leaks, suspects, known())
    result.ordinary |= bool(ordinary)
    result.printed = bool(shown - ordinary)
    held = LeakSearch(secret for number, secret in enumerate(leaks.secrets) if number not in ordinary)
    for path, numbers in found.items():
        if numbers - ordinary:
            (result.masked if _clean(path, held) else result.removed).append(path.name)
    return result, held.masked


def _found_in_file(leaks: LeakSearch, path: Path) -> set[int]:
    text = _text(path)
    return set() if text is None else _found(leaks, text)


def _found(leaks: LeakSearch, text: str) -> set[int]:
    """Return the numbers of the secrets in a text and in its compressed parts."""
    numbers: set[int] = set()
    for piece in pieces(without_parts(text)):
        numbers |= leaks.found(piece)
    for piece in unpacked(text):
        numbers |= leaks.found(piece)
    return numbers


def _text(path: Path) -> str | None:
    """Return a file's text, or None if it is too large, not a regular file or cannot be read."""
    try:
        if not path.is_file() or is_device(path) or path.stat().st_size > _LARGEST:
            return None
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None


def _ordinary(leaks: LeakSearch, suspects: list[int], known: Iterable[str]) -> set[int]:
    """Return those of the suspects that are part of a known text, or of the suite's own text."""
    search = LeakSearch(leaks.secrets[number] for number in suspects)
    ordinary: set[int] = set()
    for text in (*known, *_own_texts()):
        ordinary |= {suspects[number] for number in search.found(text)}
    return ordinary


def _own_texts() -> Iterator[str]:
    """Return the texts of the suite and of pytest-html, which become parts of a report."""
    page = find_spec("pytest_html")
    folders = [_ROOT / name for name in _OWN] + [Path(one) for one in (page and page.submodule_search_locations) or ()]
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in _ENDINGS and (text := _text(path)) is not None:
                yield text


def _clean(path: Path, leaks: LeakSearch) -> bool:
    """Mask the secrets in a file and write it again. If that is not possible, remove the file and return False."""
    text = _text(path) or ""
    try:
        masked = leaks.masked(repacked(text, leaks.masked))
        if not _found(leaks, masked) and (path.suffix != ".json" or _is_json(masked)):
            write_whole(path, masked.encode("utf-8", "surrogateescape"))
            return True
    except (OSError, DamagedPartError):
        pass
    path.unlink(missing_ok=True)
    return False


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
