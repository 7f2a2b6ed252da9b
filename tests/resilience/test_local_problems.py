"""A problem on the machine that runs smtp365 leads to a report or a clear message, the right exit code and no partial file."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fakes import serve_in_subprocess
from tests.resilience.processes import ROOT, check, command, environment, files_in, is_complete, read

ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="uses Linux resource limits and devices")
SMALL_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))"


@ON_LINUX
def test_full_disk_is_reported_and_leaves_no_file(tmp_path: Path) -> None:
    """If the reports cannot be written in full, the terminal shows the verdict and the path of each report, and no file is left."""
    ended = check(f"--json={tmp_path / 'r.json'}", report=tmp_path / "r.html", first=SMALL_FILES)

    assert ended.code == 3, ended.output
    assert ended.is_orderly, ended.output
    assert "CAN SEND: basic" in ended.output
    assert f"cannot write {tmp_path / 'r.html'}: File too large" in ended.output
    assert f"cannot write {tmp_path / 'r.json'}: File too large" in ended.output
    assert files_in(tmp_path) == []


@ON_LINUX
def test_full_device_is_not_replaced(tmp_path: Path) -> None:
    """If the path for --json is a device, the device is not replaced with a file, and the report is written as usual."""
    ended = check("--json=/dev/full", report=tmp_path / "r.html")

    assert ended.code == 3, ended.output
    assert "cannot write /dev/full: No space left on device" in ended.output
    assert Path("/dev/full").is_char_device()
    assert files_in(tmp_path) == ["r.html"]
    assert is_complete(tmp_path / "r.html")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no read-only folders")
def test_read_only_folder_is_reported_before_any_contact(tmp_path: Path) -> None:
    """If a report cannot be saved, the message contains its path, the exit code is 4, and the run stops before a verdict."""
    tmp_path.chmod(0o555)
    place = Path("/sys") if os.access(tmp_path, os.W_OK) else tmp_path  # root can write to almost every other folder
    if not place.is_dir():
        pytest.skip("root can write to every folder here")
    by_option = [check(report=place / "r.html"), check(f"--json={place / 'r.json'}", report=tmp_path / "x" / "r.html")]
    tmp_path.chmod(0o755)

    for ended, name in zip(by_option, ("r.html", "r.json"), strict=True):
        assert ended.code == 4, ended.output
        assert ended.is_orderly, ended.output
        assert f"cannot write {place / name}: " in ended.output
        assert "CAN SEND" not in ended.output


@ON_LINUX
def test_unwritable_state_folder_does_not_stop_the_run(tmp_path: Path) -> None:
    """Without a writable home folder, the report is written and the exit code is the usual one."""
    with serve_in_subprocess(["wrong_password"], folder=tmp_path / "tenant") as tenant:
        live = ["--target=live", f"--settings={tenant.settings_file}"]
        homes = {"HOME": "/sys/nowhere", "XDG_STATE_HOME": "/sys/nowhere"}
        ended = check(*live, report=tmp_path / "r.html", variables={**homes, **tenant.secrets})

    assert ended.code == 1, ended.output
    assert ended.is_orderly, ended.output
    assert is_complete(tmp_path / "r.html")


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows does not allow the working folder of a process to be removed"
)
def test_missing_working_folder_is_reported(tmp_path: Path) -> None:
    """If the working folder no longer exists at the start, run.py prints one line and exits with code 4."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script_file = str(ROOT / "run.py")
    script = f"import os, runpy, sys; os.rmdir({str(gone)!r}); sys.argv = ['run.py']; runpy.run_path({script_file!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=gone, env=environment(), capture_output=True, text=True, check=False
    )

    assert done.returncode == 4, done.stdout + done.stderr
    assert done.stderr.strip() == "smtp365: the current folder no longer exists; change to a different one"


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows does not allow the working folder of a process to be removed"
)
@pytest.mark.parametrize("inside", [False, True], ids=["report elsewhere", "report in it"])
def test_working_folder_removed_during_the_run(inside: bool, tmp_path: Path) -> None:
    """If the working folder is removed during the run, only a report in that folder cannot be written."""
    folder = tmp_path / "work"
    folder.mkdir()
    _plugin(
        tmp_path,
        f"import shutil\ndef pytest_collection_finish(session):\n    shutil.rmtree({str(folder)!r}, ignore_errors=True)\n",
    )
    report = folder / "r.html" if inside else tmp_path / "r.html"
    ended = check("-p", "plugged", report=report, folder=folder, variables={"PYTHONPATH": _path(tmp_path)})

    assert ended.is_orderly, ended.output
    assert ended.code == (3 if inside else 0), ended.output
    assert "CAN SEND: basic" in ended.output
    if inside:
        assert f"cannot write {report}: No such file or directory" in ended.output
    else:
        assert is_complete(report)


@pytest.mark.parametrize("everywhere", [False, True], ids=["one worker", "every worker"])
def test_killed_worker_loses_no_evidence(everywhere: bool, tmp_path: Path) -> None:
    """If pytest-xdist workers die, the report is complete and contains the evidence on every sender."""
    which = f"os.environ.get('PYTEST_XDIST_WORKER') in {('gw0', 'gw1') if everywhere else ('gw0',)}"
    _plugin(tmp_path, f"import os\ndef pytest_runtest_call(item):\n    if {which}:\n        os._exit(9)\n")
    json = tmp_path / "r.json"
    ended = check(
        "-n",
        "2",
        "-p",
        "plugged",
        f"--json={json}",
        report=tmp_path / "r.html",
        variables={"PYTHONPATH": _path(tmp_path)},
    )

    assert ended.is_orderly, ended.output
    assert ended.code == 1, ended.output
    assert is_complete(tmp_path / "r.html")
    data = read(json)
    assert [sender["traffic"]["messages_sent"] for sender in data["senders"]] == [1, 1]
    assert "crashed" in ended.output


def test_clock_set_back_during_the_run(tmp_path: Path) -> None:
    """If the clock is set back two hours during the run, the run ends as usual and no duration is negative."""
    jumps = (
        "import datetime as d, itertools, time\n"
        "_count = itertools.count()\n"
        "class Jumping(d.datetime):\n"
        "    @classmethod\n"
        "    def now(cls, tz=None):\n"
        "        moment = d.datetime.fromtimestamp(time.time(), tz)\n"
        "        return moment - d.timedelta(hours=2) if next(_count) > 3 else moment\n"
        "d.datetime = Jumping\n"
    )
    ended = check(f"--json={tmp_path / 'r.json'}", report=tmp_path / "r.html", first=jumps)

    assert ended.is_orderly, ended.output
    assert ended.code in {0, 1}, ended.output
    assert is_complete(tmp_path / "r.html")
    seconds = [gate["seconds"] for sender in read(tmp_path / "r.json")["senders"] for gate in sender["gates"]]
    assert all(one is None or one >= 0 for one in seconds)
    assert "Took</th><td>-" not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_time_zones_are_not_needed(tmp_path: Path) -> None:
    """Without tzdata and with an invalid TZ, a run writes its report and its reminder."""
    zones = {"TZ": "Nowhere/Land", "PYTHONTZPATH": ""}
    without = "import sys, zoneinfo; zoneinfo.reset_tzpath(to=()); sys.modules['tzdata'] = None"
    with serve_in_subprocess([], folder=tmp_path / "tenant") as tenant:
        live = ["--target=live", f"--settings={tenant.settings_file}"]
        ended = check(*live, report=tmp_path / "r.html", first=without, variables=zones | tenant.secrets)

    assert ended.code == 0, ended.output
    assert is_complete(tmp_path / "r.html")
    assert (tmp_path / "r.ics").read_bytes().rstrip().endswith(b"END:VCALENDAR")


def test_path_with_spaces_and_umlauts(tmp_path: Path) -> None:
    """All paths, including those of the settings, the reports and the working folder, may contain spaces and umlauts."""
    folder = tmp_path / "Prüfstand Süd & Ost (1)"
    folder.mkdir()
    with serve_in_subprocess([], folder=folder / "Mandant Ä") as tenant:
        live = ["--target=live", f"--settings={tenant.settings_file}", f"--json={folder / 'Bericht ü.json'}"]
        homes = {name: str(folder) for name in ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")}
        ended = check(*live, report=folder / "Bericht ü.html", folder=folder, variables={**homes, **tenant.secrets})

    assert ended.code == 0, ended.output
    assert {"Bericht ü.html", "Bericht ü.ics", "Bericht ü.json", "Mandant Ä"} <= set(files_in(folder))
    assert ended.output.rstrip().endswith("Bericht ü.html")


def test_simultaneous_runs_write_separate_reports() -> None:
    """Three runs that start at the same time with default file names each write a complete report."""

    def one(_number: int) -> tuple[int, Path]:
        done = subprocess.run(
            command("pytest", "-q", "-p", "no:cacheprovider"),
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, Path(done.stdout.rstrip().splitlines()[-1].removeprefix("Report: "))

    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(one, range(3)))
    reports = {report for _, report in ended}
    try:
        assert [code for code, _ in ended] == [0, 0, 0]
        assert len(reports) == 3
        assert all(is_complete(report) for report in reports)
    finally:
        for report in reports:
            report.unlink(missing_ok=True)


def _plugin(folder: Path, text: str) -> None:
    (folder / "plugged.py").write_text(text, encoding="utf-8")


def _path(folder: Path) -> str:
    return os.pathsep.join([str(ROOT), str(folder)])
