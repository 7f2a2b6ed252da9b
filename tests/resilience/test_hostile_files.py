"""Whatever file a user passes, memory stays bounded, and a file that cannot be used is named on one line."""

from __future__ import annotations

import base64
import gzip
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checks.assessment import Assessment
from reports.results import as_text, results
from tests.reports import samples
from tests.resilience.measured import ROOT, check

MEGABYTE = 1024 * 1024
MOST_MEGABYTES = 300
GOOD = ROOT / "tests" / "cases" / "reports" / "healthy.html"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="peak memory is measured with resource.getrusage")


def data(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any evidence
    """Return the results of a healthy run with these changes to the evidence."""
    found: dict[str, Any] = json.loads(
        as_text(results(samples.run(Assessment(samples.basic(), samples.basic_settings()))))
    )
    found["senders"][0]["evidence"] |= changes
    return found


def in_html(packed: bytes) -> bytes:
    """Return a page with these compressed results."""
    element = b'<script type="application/gzip" id="smtp365-results">' + base64.b64encode(packed) + b"</script>"
    return b"<html><body>" + element + b"</body></html>"


def many_lines(count: int) -> list[dict[str, Any]]:
    """Return a transcript with this many lines."""
    return [{"at": 0.0, "speaker": "S", "text": "250 x"}] * count


def bomb() -> bytes:
    """Return a small page whose compressed results expand to 300 MB."""
    return in_html(gzip.compress(b'{"schema":"smtp365-results/1","senders":[{"a":"' + b"x" * (300 * MEGABYTE)))


def bomb_of_values() -> bytes:
    """Return a small page whose compressed results expand to 40 MB of empty lists, which take much more memory when parsed."""
    return in_html(gzip.compress(b'{"schema":"smtp365-results/1","senders":[{"a":[' + b"[]," * (13 * MEGABYTE)))


def small_senders() -> bytes:
    """Return 40 MB of results with senders that are small as text and large in memory."""
    sender = json.dumps(data(transcript=many_lines(400))["senders"][0], separators=(",", ":"))
    head = json.dumps({**data(), "senders": []})
    return (head.removesuffix("]}") + ",".join([sender] * (40 * MEGABYTE // len(sender))) + "]}").encode()


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "bomb": ("x.html", bomb),
    "bomb of values": ("x.html", bomb_of_values),
    "transcript of 100 MB": ("x.json", lambda: json.dumps(data(transcript=many_lines(2_200_000))).encode()),
    "transcript of 3 MB": ("x.json", lambda: json.dumps(data(transcript=many_lines(60_000))).encode()),
    "transcript of 402 lines": ("x.json", lambda: json.dumps(data(transcript=many_lines(402))).encode()),
    "text of 40 MB": ("x.json", lambda: json.dumps(data(broke="x" * (40 * MEGABYTE))).encode()),
    "text of 100 KB": ("x.json", lambda: json.dumps(data(broke="x" * 100_000)).encode()),
    "many senders": ("x.json", small_senders),
    "wide characters": ("x.html", lambda: b"<html>" + "\U0001f600".encode() * (11 * MEGABYTE)),
    "deep": ("x.json", lambda: b'{"senders":[' + b"[" * 10_000_000),
    "time out of range": ("x.json", lambda: json.dumps(data(started="9999-12-31T23:59:59-23:59")).encode()),
    "number of 400 digits": (
        "x.json",
        lambda: as_text(data()).replace('"seconds": 0.0', '"seconds": 1' + "0" * 400).encode(),
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_a_hostile_report_is_named_on_one_line_within_300_mb(case: str, tmp_path: Path) -> None:
    """The report is refused on one line with exit code 4, and memory stays below 300 MB."""
    name, content = FILES[case]
    (tmp_path / name).write_bytes(content())

    done = check(f"--target={tmp_path / name}", folder=tmp_path)

    assert done.code == 4, done.printed + done.errors
    assert len([line for line in done.errors.splitlines() if line.strip()]) == 1, done.errors
    assert name in done.errors
    assert done.megabytes < MOST_MEGABYTES


def test_other_files_in_a_folder_do_not_stop_the_overview(tmp_path: Path) -> None:
    """A FIFO, a device, a link out of the folder and a decompression bomb are each named, and the good report is still evaluated."""
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "good.html").write_bytes(GOOD.read_bytes())
    (folder / "near.html").symlink_to("good.html")
    (tmp_path / "outside.html").write_bytes(GOOD.read_bytes())
    (folder / "far.html").symlink_to(tmp_path / "outside.html")
    (folder / "zero.html").symlink_to("/dev/zero")
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe.json")
    (folder / "bomb.html").write_bytes(bomb())

    done = check(f"--target={folder}", folder=tmp_path)

    assert done.code == 0, done.printed + done.errors
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert all(
        f"/{name}:" in page or f"/{name}" in page for name in ("far.html", "zero.html", "pipe.json", "bomb.html")
    )
    assert "near.html is the same run as good.html" in page or "good.html is the same run as near.html" in page
    assert done.megabytes < MOST_MEGABYTES


@pytest.mark.parametrize("option", ["--baseline", "--tenant-export", "--lookups-for", "--target"])
def test_a_fifo_and_a_device_are_refused_for_every_option(option: str, tmp_path: Path) -> None:
    """For each option, a FIFO and an endless device are refused on one line. The device is also refused as the settings file."""
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    (tmp_path / "settings.toml").symlink_to("/dev/zero")

    for name in ("pipe.json", "zero.json"):
        more = [f"--tenant-export={GOOD}"] if option == "--lookups-for" else []
        done = check(f"{option}={tmp_path / name}", *more, folder=tmp_path)
        assert done.code == 4, done.printed + done.errors
        assert len([line for line in done.errors.splitlines() if line.strip()]) == 1, done.errors
        assert done.megabytes < MOST_MEGABYTES
    done = check("--target=live", f"--settings={tmp_path / 'settings.toml'}", folder=tmp_path)
    assert done.code == 4, done.printed + done.errors


def test_a_replay_reads_no_file_that_the_report_names(tmp_path: Path) -> None:
    """Neither a replay nor a comparison opens a file whose path is in the report's settings or evidence."""
    planted = tmp_path / "planted.pem"
    planted.write_text("x", encoding="utf-8")
    watch = (
        "import sys\n"
        "def hook(event, arguments):\n"
        f"    if event == 'open' and str(arguments[0]) == {str(planted)!r}:\n"
        "        print('OPENED', file=sys.stderr)\n"
        "sys.addaudithook(hook)\n"
    )
    (tmp_path / "watching.py").write_text(watch, encoding="utf-8")
    report = data(broke="")
    report["senders"][0]["settings"]["network"] |= {"ca_file": str(planted)}
    report["senders"][0]["settings"]["sender"] |= {"password_from": "env:PLANTED"}
    report["senders"][0]["evidence"]["secret"] = {"key": "password", "source": str(planted), "found": True}
    (tmp_path / "x.json").write_text(json.dumps(report), encoding="utf-8")

    replayed = check(
        "-p", "watching", f"--target={tmp_path / 'x.json'}", "-o", f"pythonpath=. {tmp_path}", folder=tmp_path
    )
    compared = check(
        "-p", "watching", f"--baseline={tmp_path / 'x.json'}", "-o", f"pythonpath=. {tmp_path}", folder=tmp_path
    )

    for done in (replayed, compared):
        assert done.code in {0, 1, 6}, done.printed + done.errors
        assert "OPENED" not in done.errors
