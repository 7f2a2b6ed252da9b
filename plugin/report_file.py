"""The report's file: how its name is chosen, and how the complete report gets that name.

pytest-html writes to a temporary file, which is renamed when it is complete. The run tests whether the file can be written before
it contacts any server, so that no message is sent without a report.
"""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path

import pytest

from plugin import folders
from plugin.html_postprocess import postprocess
from settings.target import Target
from settings.whole_file import create, is_device, remove_abandoned, reservation_for, temporary_for

REPORT = pytest.StashKey[Path]()
_TEMPORARY = pytest.StashKey[Path]()
_FAILURE = pytest.StashKey[str]()
_MOST_IN_ONE_SECOND = 100


def choose_path(config: pytest.Config, root: Path, started: datetime, target: Target) -> None:
    """Choose the report's path, which is that of `--html` or, by default, `<UTC time>-<target>.html` in reports/out.

    pytest-html gets a temporary path. With `--collect-only`, there is no report.

    Raises:
        pytest.UsageError: the file cannot be created. The message states the reason on one line.

    """
    option = config.option
    if not hasattr(option, "htmlpath"):
        return
    if option.collectonly:
        option.htmlpath = None  # no test is run, so there is nothing to report
        return
    option.self_contained_html = True
    folder = Path(config.invocation_params.dir)
    if option.json is not None:
        option.json = str(folder / option.json)  # absolute, because the working directory can change
        if not is_device(Path(option.json)):
            _create(temporary_for(Path(option.json)), Path(option.json)).unlink(missing_ok=True)
    if option.htmlpath is not None:
        final = folder / Path(os.path.expandvars(option.htmlpath)).expanduser()
        if is_device(final):
            raise pytest.UsageError(f"{final}: the report cannot be written here, because this is not a regular file")
        temporary = _create(temporary_for(final), final)
    else:
        final, temporary = _reserve(folders.report_folder(config, root), f"{started:%Y%m%dT%H%M%SZ}-{target.label}")
    option.htmlpath = str(temporary)
    config.stash[REPORT], config.stash[_TEMPORARY] = final, temporary
    config.add_cleanup(lambda: _remove(temporary))
    for path in {final.parent} | ({Path(option.json).parent} if option.json is not None else set()):
        remove_abandoned(path)


def _reserve(folder: Path, stem: str) -> tuple[Path, Path]:
    """Return a path that no report or concurrent run uses, and its temporary file, which reserves the path."""
    for number in range(1, _MOST_IN_ONE_SECOND):
        final = folder / (f"{stem}.html" if number == 1 else f"{stem}-{number}.html")
        with contextlib.suppress(FileExistsError):
            if not final.exists():
                return final, _create(reservation_for(final), final)
    raise pytest.UsageError(
        f"{folder}: {_MOST_IN_ONE_SECOND} reports were started in this second; choose a different path with --html"
    )


def _create(temporary: Path, final: Path) -> Path:
    """Create an empty temporary file for `final`, and return its path.

    Raises:
        FileExistsError: the temporary file already exists.
        pytest.UsageError: the file cannot be created for any other reason.

    """
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        if final.is_dir():
            raise pytest.UsageError(f"{final} is a folder; choose a file")
        with create(temporary):
            return temporary
    except FileExistsError:
        if temporary.parent.is_dir():
            raise
        raise pytest.UsageError(f"{temporary.parent} is a file; choose a different path") from None
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise pytest.UsageError(
            f"cannot write {final}: {reason}; choose a different path with --html or --json"
        ) from None


def leave_removed_folder(config: pytest.Config, root: Path) -> None:
    """Change to `root` if the folder where the run started no longer exists. All requested paths are already absolute at this point."""
    if not config.invocation_params.dir.is_dir():
        before = config.invocation_params
        config.invocation_params = pytest.Config.InvocationParams(args=before.args, plugins=before.plugins, dir=root)
        os.chdir(root)


def finish(config: pytest.Config) -> None:
    """Post-process the file that pytest-html wrote and move it to its final path. If this fails, `failure` returns the reason."""
    if _TEMPORARY not in config.stash or failure(config):
        return
    final, temporary = config.stash[REPORT], config.stash[_TEMPORARY]
    try:
        postprocess(temporary)
        temporary.replace(final)
    except OSError as problem:
        record_failure(config, problem)
        return
    for plugin in config.pluginmanager.get_plugins():
        if getattr(plugin, "_report_path", None) == temporary:
            plugin._report_path = final  # noqa: SLF001 - pytest-html prints this path on the terminal


def record_failure(config: pytest.Config, problem: OSError) -> None:
    """Record why there is no report, and remove the incomplete file."""
    if _TEMPORARY in config.stash:
        name = str(problem.filename or "")  # the file may be another plugin's; pytest-html's is then not written either
        path = name if name and Path(name) != config.stash[_TEMPORARY] else config.stash[REPORT]
        config.stash[_FAILURE] = f"cannot write {path}: {problem.strerror or problem}"
        _remove(config.stash[_TEMPORARY])


def failure(config: pytest.Config) -> str:
    """Return why the report was not written, or an empty string if it was written or not requested."""
    return config.stash.get(_FAILURE, "")


def written(config: pytest.Config) -> Path | None:
    """Return the report's path if the file exists, otherwise None."""
    final = config.stash.get(REPORT, None)
    return final if final is not None and not failure(config) and final.is_file() else None


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
