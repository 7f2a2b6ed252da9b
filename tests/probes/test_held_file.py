"""Tests that only one thread of one process holds a file at a time, and that killing the process releases the file."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from probes.held_file import LARGEST, NotAFileError, hold

ROOT = Path(__file__).resolve().parents[2]
_HOLDER = """
import sys
from pathlib import Path
from probes.held_file import hold
file = hold(Path(sys.argv[1]), give_up=lambda: True)
file.write(b"held")
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_file_is_held_by_one_process_until_it_is_killed(tmp_path: Path) -> None:
    """While a different process holds the file, this process can only read it. When the other process is killed, the file is released."""
    path = tmp_path / "file"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"

    assert hold(path, give_up=lambda: True) is None
    assert path.read_bytes() == b"held"
    holder.kill()
    holder.communicate(timeout=60)
    with hold(path, give_up=lambda: False) or pytest.fail("not released") as file:
        assert file.read() == b"held"


@pytest.mark.parametrize("remove", [False, True], ids=["kept", "deleted each time"])
def test_threads_hold_a_file_one_after_the_other(remove: bool, tmp_path: Path) -> None:
    """Only one of eight threads holds the file at a time, whether it is kept or deleted each time. No change to a kept file is lost."""
    path, inside, most, turns = tmp_path / "file", [0], [0], [0]

    def work() -> None:
        for _ in range(15):
            with hold(path, give_up=lambda: False) or pytest.fail("gave up") as file:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                number = int(file.read() or b"0")
                file.write(b"%d" % (number + 1))
                turns[0] += 1
                inside[0] -= 1
                if remove:
                    file.remove()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert (most, turns) == ([1], [8 * 15])
    assert not path.exists() if remove else path.read_bytes() == b"120"


def test_a_shorter_content_replaces_a_longer_one(tmp_path: Path) -> None:
    """Writing replaces the whole content, and reading ends one octet after the limit."""
    path = tmp_path / "file"
    with hold(path, give_up=lambda: True) or pytest.fail("gave up") as file:
        file.write(b"a" * (LARGEST * 2))
        assert len(file.read()) == LARGEST + 1
        file.write(b"short")

    assert path.read_bytes() == b"short"


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    """A folder at the path raises NotAFileError."""
    with pytest.raises(NotAFileError):
        hold(tmp_path, give_up=lambda: True)
