"""Tests that the user's pip settings for an index or a proxy are used, and those that change what is installed or where are ignored."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from bootstrap import install
from bootstrap.environment import RUNTIME, Environment
from bootstrap.errors import SetupError
from tests.cli.checkout import TIMEOUT_SECONDS, Checkout

# Settings that change the install location, add packages, or conflict with this set-up.
ELSEWHERE = {
    "target": "{folder}/target",
    "prefix": "{folder}/prefix",
    "root": "{folder}/root",
    "user": "true",
    "src": "{folder}/src",
    "require-virtualenv": "true",
    "requirement": "{folder}/other.txt",
    "constraint": "{folder}/other.txt",
    "no-binary": ":all:",
    "dry-run": "true",
    "python": "/nonexistent/python",
    "platform": "win_amd64",
    "only-binary": "small",
    "report": "{folder}/report.json",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder into which no package may be installed, with a requirements file that must not be read."""
    (tmp_path / "other.txt").write_text("small==2.0\nabsent==3.0\n", encoding="utf-8")
    return tmp_path


def wheel(folder: Path, name: str, text: str) -> str:
    """Write a minimal wheel with one module and return the line for it in a lock."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(f"{name}.py", text)
        packed.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        packed.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


@pytest.fixture
def settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The pip settings of the test, which name a folder of packages. pip variables of the test run itself are removed."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    (folder / "wheels").mkdir()
    given = {name: value.format(folder=folder.as_posix()) for name, value in ELSEWHERE.items()}
    return {**given, "no-index": "true", "find-links": (folder / "wheels").as_posix()}


def by_variables(settings: dict[str, str], folder: Path) -> dict[str, str]:
    """Return environment variables that contain the settings, and one that points to an empty configuration file."""
    (folder / "pip.conf").touch()
    named = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in settings.items()}
    return {**named, "PIP_CONFIG_FILE": str(folder / "pip.conf")}


def by_file(settings: dict[str, str], folder: Path) -> dict[str, str]:
    """Write the settings to a file, half under [global] and half under [install], and return the variable that points to the file."""
    lines = [f"{name} = {value}" for name, value in settings.items()]
    text = "\n".join(["[install]", *lines[::2], "[global]", *lines[1::2], ""])
    (folder / "pip.conf").write_text(text, encoding="utf-8")
    return {"PIP_CONFIG_FILE": str(folder / "pip.conf")}


def by_home(settings: dict[str, str], folder: Path) -> dict[str, str]:
    """Write the settings to the configuration file in a home folder, and return the variables that point to that folder."""
    own = folder / "home" / ("AppData" if sys.platform == "win32" else ".config") / "pip"
    own.mkdir(parents=True)
    lines = [f"{name} = {value}" for name, value in settings.items()]
    text = "\n".join(["[global]", *lines, ""])
    (own / ("pip.ini" if sys.platform == "win32" else "pip.conf")).write_text(text, encoding="utf-8")
    home = {"HOME": str(folder / "home"), "USERPROFILE": str(folder / "home"), "APPDATA": str(own.parent)}
    return {**home, "XDG_CONFIG_HOME": str(own.parent)}


@pytest.mark.parametrize("way", [by_variables, by_file, by_home])
def test_no_user_setting_changes_the_install_location(
    made: Checkout, folder: Path, settings: dict[str, str], way: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all these settings at once, the package is installed in the environment, and nothing is added to the user's folder."""
    assert callable(way)
    (made.root / "tried.txt").write_text(wheel(folder / "wheels", "small", ""), encoding="utf-8")
    for name, value in way(settings, folder).items():
        monkeypatch.setenv(name, value)
    before = sorted(path.name for path in folder.iterdir())
    uninstall(made, "small")

    Environment(made.root).install("tried.txt")

    assert "small.py" in {path.name for path in Environment(made.root).packages()}
    assert sorted(path.name for path in folder.iterdir()) == before


def uninstall(checkout: Checkout, name: str) -> None:
    """Remove a package from the environment."""
    for path in Environment(checkout.root).packages():
        if path.name == f"{name}.py":
            path.unlink()
        elif path.name.startswith(f"{name}-"):
            shutil.rmtree(path)


class Index(http.server.ThreadingHTTPServer):
    """A server that acts as a package index or as a proxy for one. It offers one package and records the requests."""

    def __init__(self, folder: Path) -> None:
        """Listen on a free port."""
        self.asked: list[str] = []
        index = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append(self.path)
                name = self.path.rpartition("/")[2]
                found = folder / name if name.endswith(".whl") else None
                (link,) = (path.name for path in folder.glob("*.whl"))
                body = found.read_bytes() if found else f'<a href="{link}">{link}</a>'.encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/octet-stream" if found else "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Answer)

    def __enter__(self) -> Self:
        """Start serving."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()


@pytest.fixture
def index(settings: dict[str, str], folder: Path) -> Iterator[Index]:
    """A package index that offers the package. The settings no longer name the folder of packages."""
    del settings["no-index"], settings["find-links"]
    with Index(folder / "wheels") as serving:
        yield serving


@pytest.mark.parametrize("way", [by_variables, by_file])
@pytest.mark.parametrize("kind", ["an index", "a proxy"])
def test_index_and_proxy_settings_are_used(
    made: Checkout,
    folder: Path,
    settings: dict[str, str],
    index: Index,
    way: object,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The package is downloaded from the index in the settings, or through the proxy in the settings."""
    assert callable(way)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1" if kind == "an index" else "")
    monkeypatch.setenv("no_proxy", "127.0.0.1" if kind == "an index" else "")
    (made.root / "tried.txt").write_text(wheel(folder / "wheels", "small", ""), encoding="utf-8")
    here = f"http://127.0.0.1:{index.server_port}"
    settings["index-url"] = f"{here}/simple" if kind == "an index" else "http://registry.example/simple"
    settings["no-cache-dir"] = "true"
    if kind == "a proxy":
        settings |= {"proxy": here, "trusted-host": "registry.example"}
    for name, value in way(settings, folder).items():
        monkeypatch.setenv(name, value)
    uninstall(made, "small")

    Environment(made.root).install("tried.txt")

    base = "" if kind == "an index" else "http://registry.example"
    assert f"{base}/simple/small/" in index.asked
    assert "small.py" in {path.name for path in Environment(made.root).packages()}


def test_kept_settings_are_options_of_pip(made: Checkout) -> None:
    """Each setting that is passed on is an option in the help of pip, except a newer option and an alias that the help omits."""
    command = [str(Environment(made.root).python), "-I", "-m", "pip", "install", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT_SECONDS).stdout

    newer = {"resume-retries"}  # in pip 25.1 and later
    hidden = {"default-timeout"}  # an alias of --timeout
    assert [name for name in install.FETCHING if f"--{name} " not in shown and name not in newer | hidden] == []


def test_an_unreadable_pip_configuration_gives_one_line(
    made: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If pip's configuration cannot be read, a one-line message names the file."""
    broken = tmp_path / "broken.conf"
    broken.write_text("index-url = without a section\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(broken))

    with pytest.raises(SetupError) as refused:
        Environment(made.root).install(RUNTIME)

    line = str(refused.value)
    assert line.startswith("the packages could not be installed: pip's configuration cannot be read: ")
    assert str(broken) in line
    assert "\n" not in line


def test_set_up_imports_the_packages_before_it_is_complete(
    made: Checkout,
    settings: dict[str, str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """If a package cannot be imported, the set-up reports it and writes no marker, so that the next run repeats the set-up."""
    environment = Environment(made.root)
    locks = environment.installed()
    for name, value in by_variables(settings, folder).items():
        monkeypatch.setenv(name, value)
    unusable = wheel(folder / "wheels", "msal", "import absent_altogether\n")
    (made.root / "tried.txt").write_text(unusable, encoding="utf-8")
    try:
        with pytest.raises(
            SetupError, match="imported: ModuleNotFoundError: No module named 'absent_altogether'; pip's"
        ):
            environment.build(["tried.txt"], keep=locks, why="a test")

        assert "is ready" not in capsys.readouterr().err
        assert environment.reason_to_rebuild([RUNTIME]) == "the last set-up did not finish"
        environment.write_marker(locks)
        assert environment.reason_to_rebuild([RUNTIME]) is None
        uninstall(made, "msal")
        assert environment.reason_to_rebuild([RUNTIME]) == "packages are missing from it"
    finally:
        uninstall(made, "msal")
        environment.write_marker(locks)
