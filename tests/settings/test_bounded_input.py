"""Files are read, and data is decompressed, only up to a maximum size, and only regular files are opened."""

from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path

import pytest

from settings.bounded_input import DamagedDataError, UnsuitableFileError, read_file, read_stream, read_text, unpack

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def test_a_regular_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    """A file of exactly the maximum size is read, and a larger one is not."""
    file = tmp_path / "file"
    file.write_bytes(b"x" * 100)

    assert read_file(file, 100) == b"x" * 100
    with pytest.raises(UnsuitableFileError, match="larger than"):
        read_file(file, 99)


def test_text_has_no_byte_order_mark_and_one_kind_of_line_end(tmp_path: Path) -> None:
    """A text with a byte order mark and CRLF line endings is returned without the mark and with LF line endings."""
    file = tmp_path / "file"
    file.write_bytes(b"\xef\xbb\xbfone\r\ntwo\n")

    assert read_text(file, 100) == "one\ntwo\n"


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    """A folder and a missing file raise an OSError that states the reason."""
    with pytest.raises(UnsuitableFileError, match="folder"):
        read_file(tmp_path, 100)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "missing", 100)


@POSIX
def test_a_fifo_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    """A FIFO without a writer, a link to it, and a link to an endless device are refused."""
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")

    for name in ("fifo", "zero", "link"):
        with pytest.raises(UnsuitableFileError, match="not a regular file"):
            read_file(tmp_path / name, 100)


@POSIX
def test_a_file_that_claims_no_size_is_bounded() -> None:
    """A kernel file whose stated size is zero is not read beyond the maximum."""
    with pytest.raises(UnsuitableFileError, match="larger than"):
        read_file(Path("/proc/self/maps" if sys.platform == "linux" else "/dev/zero"), 10)


@POSIX
def test_a_link_is_followed_only_inside_the_folder(tmp_path: Path) -> None:
    """A link to a file in the folder is read. A link out of it, and a link to itself, are refused."""
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.write_bytes(b"secret")
    (folder / "file").write_bytes(b"report")
    (folder / "near").symlink_to("file")
    (folder / "far").symlink_to(outside)
    (folder / "loop").symlink_to("loop")

    assert read_file(folder / "near", 100, inside=folder) == b"report"
    assert read_file(folder / "far", 100) == b"secret"
    with pytest.raises(UnsuitableFileError, match="outside the folder"):
        read_file(folder / "far", 100, inside=folder)
    with pytest.raises(OSError, match="link"):
        read_file(folder / "loop", 100, inside=folder)


def test_a_stream_is_read_up_to_its_limit() -> None:
    """If a stream exceeds the maximum, the result is None, and at most one byte beyond the maximum is read."""
    endless = io.BytesIO(b"x" * 1_000_000)

    assert read_stream(io.BytesIO(b"x" * 10), 10) == b"x" * 10
    assert read_stream(endless, 10) is None
    assert endless.tell() <= 11


def test_decompression_is_bounded() -> None:
    """Data is decompressed up to the maximum, and damaged, truncated or larger data is refused."""
    assert unpack(gzip.compress(b"x" * 1000), 1000) == b"x" * 1000
    for data, reason in (
        (gzip.compress(bytes(50_000_000)), "larger than"),
        (gzip.compress(b"x" * 1000)[:-9], "truncated"),
        (b"no gzip", "cannot be decompressed"),
        (b"", "truncated"),
    ):
        with pytest.raises(DamagedDataError, match=reason):
            unpack(data, 10_000_000)
