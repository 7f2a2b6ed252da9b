"""Where the report goes: its name, and how a whole file comes to stand under it, or none.

pytest-html writes to a file beside, which takes the final name only when it is whole. That it can be written is tried before
anything is contacted, so that no message is sent for a report that could not be kept.
"""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path

import pytest

from plugin import folders
from plugin.html_postprocess import mend
from settings.target import Target

REPORT = pytest.StashKey[Path]()
_BESIDE = pytest.StashKey[Path]()
_LOST = pytest.StashKey[str]()
_MOST_AT_ONCE = 100  # runs that begin in the same second


def choose(config: pytest.Config, root: Path, started: datetime, target: Target) -> None:
    """Name the report `<UTC time>-<target>.html` in reports/out unless --html does, and send pytest-html to a file beside it.

    Raises:
        pytest.UsageError: nothing can be written there; one line that says why.

    """
    option = config.option
    if not hasattr(option, "htmlpath"):
        return
    if option.collectonly:
        option.htmlpath = None  # nothing is run, so there is nothing to report
        return
    option.self_contained_html = True
    folder = Path(config.invocation_params.dir)
    if option.json is not None:
        option.json = str(folder / option.json)  # where it was meant, wherever this process will be
        if not is_device(Path(option.json)):
            _writable(beside(Path(option.json))).unlink(missing_ok=True)
    if option.htmlpath is not None:
        final = folder / Path(os.path.expandvars(option.htmlpath)).expanduser()
        if is_device(final):
            raise pytest.UsageError(f"{final}: is no file; a report needs one")
        part = _writable(beside(final))
    else:
        final, part = _free(folders.of_reports(config, root), f"{started:%Y%m%dT%H%M%SZ}-{target.label}")
    option.htmlpath = str(part)
    config.stash[REPORT], config.stash[_BESIDE] = final, part
    config.add_cleanup(lambda: _removed(part))


def beside(final: Path) -> Path:
    """The name under which this process writes what is to stand under `final`."""
    return final.with_name(f".{final.name}.{os.getpid()}.part")


def is_device(path: Path) -> bool:
    """Whether something other than a file or folder stands there, such as /dev/stdout: it is written to, never replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _free(folder: Path, stem: str) -> tuple[Path, Path]:
    """A name that no report has and no other run has taken, with the file beside it, which takes it."""
    for number in range(1, _MOST_AT_ONCE):
        final = folder / (f"{stem}.html" if number == 1 else f"{stem}-{number}.html")
        part = final.with_name(f".{final.name}.part")
        with contextlib.suppress(FileExistsError):
            if not final.exists():
                return final, _writable(part, mode="xb")
    raise pytest.UsageError(
        f"{folder}: {_MOST_AT_ONCE} reports of this second are there; name another place with --html"
    )


def _writable(part: Path, mode: str = "wb") -> Path:
    """The file, made anew and empty. FileExistsError only with mode `xb`; UsageError for every other reason."""
    final = part.name.removeprefix(".").removesuffix(".part").removesuffix(f".{os.getpid()}")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        if (part.parent / final).is_dir():
            raise pytest.UsageError(f"{part.parent / final}: is a folder; name a file")
        with part.open(mode):
            return part
    except FileExistsError:
        if part.parent.is_dir():
            raise
        raise pytest.UsageError(f"{part.parent}: is a file; name another place") from None
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise pytest.UsageError(
            f"{part.parent / final}: cannot be written: {reason}; name another place with --html or --json"
        ) from None


def stay(config: pytest.Config, root: Path) -> None:
    """Where the folder of the start is gone, go on in `root`; every place that was asked for is known by its whole path."""
    if not config.invocation_params.dir.is_dir():
        before = config.invocation_params
        config.invocation_params = pytest.Config.InvocationParams(args=before.args, plugins=before.plugins, dir=root)
        os.chdir(root)


def settle(config: pytest.Config) -> None:
    """Mend what pytest-html wrote and let it take its final name. What goes wrong is kept for `lost`."""
    if _BESIDE not in config.stash or lost(config):
        return
    final, part = config.stash[REPORT], config.stash[_BESIDE]
    try:
        mend(part)
        part.replace(final)
    except OSError as problem:
        lose(config, problem)
        return
    for plugin in config.pluginmanager.get_plugins():
        if getattr(plugin, "_report_path", None) == part:
            plugin._report_path = final  # noqa: SLF001 - pytest-html names this file on the terminal


def lose(config: pytest.Config, problem: OSError) -> None:
    """Nothing will stand under the report's name: keep the reason, remove the piece."""
    if _BESIDE in config.stash:
        named = str(
            problem.filename or ""
        )  # another plugin's file may be what could not be written, and pytest-html's was not
        which = named if named and Path(named) != config.stash[_BESIDE] else config.stash[REPORT]
        config.stash[_LOST] = f"{which}: cannot be written: {problem.strerror or problem}"
        _removed(config.stash[_BESIDE])


def lost(config: pytest.Config) -> str:
    """Why there is no report although one was wanted; empty when there is one, or none was wanted."""
    return config.stash.get(_LOST, "")


def written(config: pytest.Config) -> Path | None:
    """The report's file, if it stands there."""
    final = config.stash.get(REPORT, None)
    return final if final is not None and not lost(config) and final.is_file() else None


def _removed(part: Path) -> None:
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)
