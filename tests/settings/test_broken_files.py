"""A broken settings file leads to exit code 4 and one line for each mistake, without a secret or a traceback."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from settings.load import load
from settings.mistakes import SettingsError

ROOT = Path(__file__).resolve().parents[2]
GOOD = """\
[sender.alerts]
authentication_type = "Basic"
username = "noreply@example.com"
"""

GUID = "00000000-0000-0000-0000-000000000001"

# id: (the content, the words in each reported line, in order)
BROKEN: dict[str, tuple[str, list[list[str]]]] = {
    "no sender": ("", [["sender", "missing", "[sender.NAME]"]]),
    "sender is not a table": ("sender = 7\n", [["sender", "7", "[sender.NAME]"]]),
    "one sender is not a table": ("[sender]\nalerts = 7\n", [["sender.alerts", "7", "[sender.NAME]"]]),
    "not toml": ("[sender.alerts\n", [["not valid TOML", "line 1"]]),
    "python's True": (GOOD + "use_ssl = True\n", [["not valid TOML", "use_ssl", "true or false"]]),
    "text without quotes": (GOOD + "scope = default\n", [["not valid TOML", "scope", "double quotes"]]),
    "windows path in double quotes": (
        '[network]\nca_file = "C:\\users\\me\\root.pem"\n' + GOOD,
        [["not valid TOML", "single quotes"]],
    ),
    "misspelt key": (GOOD + "prt = 587\n", [["[sender.alerts] prt", "did you mean port?"]]),
    "label instead of key": (GOOD + '"SMTP Server" = "x"\n', [["SMTP Server", "did you mean smtp_server?"]]),
    "misspelt table": (GOOD + "[netwerk]\ndns_timeout = 5\n", [["netwerk", "did you mean network?"]]),
    "port in quotes": (GOOD + 'port = "587"\n', [["[sender.alerts] port", '"587"', "port = 587"]]),
    "port out of range": (GOOD + "port = 70000\n", [["port", "70000", "1 to 65535"]]),
    "server with scheme": (
        GOOD + 'smtp_server = "https://smtp.office365.com"\n',
        [["smtp_server", "https://", "smtp.office365.com"]],
    ),
    "yes for true": (GOOD + 'use_ssl = "yes"\n', [["use_ssl", '"yes"', "true or false"]]),
    "unknown type": (
        GOOD.replace('"Basic"', '"NTLM"'),
        [["authentication_type", '"NTLM"', '"Basic" or "OpenID"']],
    ),
    "type missing": ('[sender.alerts]\nusername = "a@example.com"\n', [["authentication_type", "missing"]]),
    "secret in the file": (
        GOOD + 'password = "Sesame-4711"\n',
        [["[sender.alerts] password", "does not belong in this file", "password_from"]],
    ),
    "secret instead of its source": (
        GOOD + 'password_from = "Sesame-4711"\n',
        [["password_from", "not shown", "env:"]],
    ),
    "the secret for the name of its variable": (
        GOOD + 'password_from = "env:S3cretCanary!99"\n',
        [["password_from", "not shown", "variable", "env:NAME"]],
    ),
    "the secret on a line of its own": (GOOD + "S3cretCanary!99\n", [["not valid TOML", "line"]]),
    "the secret on a line of its own, with an equals sign": (GOOD + "S3cretCanary99==\n", [["not valid TOML", "line"]]),
    "the secret for the id of the directory": (
        GOOD + '[directory]\ntenant = "example.com"\nclient_id = "S3cretCanary!99"\n',
        [["[directory] client_id", '"S3cr…"', "Application (client) ID"]],
    ),
    "no address at all": (
        '[sender.alerts]\nauthentication_type = "Basic"\n',
        [["from", "missing", "noreply@yourdomain.com"]],
    ),
    "date as text": (GOOD + 'password_expires = "soon"\n', [["password_expires", '"soon"', "2027-03-01"]]),
    "attested without a name": (
        GOOD + '[sender.alerts.attested]\n"BASIC-04" = { when = 2026-11-01, what = "seen" }\n',
        [["[sender.alerts.attested]", "who", "missing", "Ada Example"]],
    ),
    "attested for an unknown check": (
        GOOD + '[sender.alerts.attested]\n"password" = { who = "A", when = 2026-11-01, what = "seen" }\n',
        [['"password"', "BASIC-04"]],
    ),
    "unknown cloud": ('cloud = "germany"\n' + GOOD, [["cloud", '"germany"', "worldwide"]]),
    "custom without its table": ('cloud = "custom"\n' + GOOD, [["custom", "[custom]", "smtp_server"]]),
    "missing ca file": (
        '[network]\nca_file = "nowhere.pem"\n' + GOOD,
        [["ca_file", "nowhere.pem", "no such file"]],
    ),
    "map without a port": (
        '[connect]\n"smtp.office365.com" = "127.0.0.1"\n' + GOOD,
        [["[connect]", "127.0.0.1", "office365.com:587"]],
    ),
    "line break in an address": (
        GOOD.replace("noreply@", "a\\r\\nRCPT TO:<x@y>@"),
        [["username", "control character"]],
    ),
    "timeout of zero": ("[network]\nreply_timeout = 0\n" + GOOD, [["reply_timeout", "0", "seconds"]]),
    "directory without a tenant": (
        GOOD + f'[directory]\nclient_id = "{GUID}"\n',
        [["[directory] tenant", "missing", "yourdomain.com"]],
    ),
    "directory with an invalid tenant": (
        GOOD + f'[directory]\ntenant = "a/b"\nclient_id = "{GUID}"\n',
        [["[directory] tenant", '"a/b"', "neither", "yourdomain.com"]],
    ),
    "directory with a name for an id": (
        GOOD + '[directory]\ntenant = "example.com"\nclient_id = "auditor"\n',
        [["[directory] client_id", '"audi…"', "Application (client) ID"]],
    ),
    "misspelt key of the directory": (
        GOOD + f'[directory]\ntenant = "example.com"\nclientid = "{GUID}"\n',
        [["client_id", "missing"], ["clientid", "did you mean client_id?"]],
    ),
    "auditor's secret in the file": (
        GOOD + f'[directory]\ntenant = "example.com"\nclient_id = "{GUID}"\nclient_secret = "Sesame-4711"\n',
        [["[directory] client_secret", "does not belong in this file", "client_secret_from"]],
    ),
    "missing certificate of the auditor": (
        GOOD + f'[directory]\ntenant = "example.com"\nclient_id = "{GUID}"\ncertificate = "no.pem"\n',
        [["[directory] certificate", "no.pem", "PEM"]],
    ),
    "auditor's certificate without a key": (
        GOOD + f'[directory]\ntenant = "example.com"\nclient_id = "{GUID}"\ncertificate = "tenant.toml"\n',
        [["[directory] certificate", "tenant.toml", "private key"]],
    ),
    "auditor with secret and certificate": (
        GOOD
        + f'[directory]\ntenant = "example.com"\nclient_id = "{GUID}"\nclient_secret_from = "prompt"\n'
        + 'certificate = "no.pem"\n',
        [["[directory] certificate", "one of the two"], ["no.pem"]],
    ),
    "directory of another service": (
        'cloud = "custom"\n'
        + GOOD
        + f'[custom]\nsmtp_server = "mail.adatum.test"\n[directory]\ntenant = "adatum.test"\nclient_id = "{GUID}"\n',
        [["[directory]", "custom", "one of the two"]],
    ),
    "administrator's client is not an id": (
        'admin_client_id = "Graph"\n' + GOOD,
        [["admin_client_id", '"Grap…"', "--admin-sign-in"]],
    ),
    "host with a trailing dot": (
        GOOD + 'smtp_server = "smtp.office365.com."\n',
        [["smtp_server", '"smtp.office365.com."', "remove the dot"]],
    ),
    "four mistakes": (
        GOOD + 'port = "587"\nuse_ssl = 1\nprt = 1\npassword = "Sesame-4711"\n',
        [["password"], ["port", '"587"'], ["use_ssl", "1"], ["prt", "did you mean port?"]],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_every_mistake_is_reported_on_one_line(case: str, tmp_path: Path) -> None:
    """Each mistake is reported on one line, which begins with the file and contains the expected words, and no secret is repeated."""
    text, expected = BROKEN[case]
    file = tmp_path / "tenant.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError) as raised:
        load(file)

    lines = raised.value.lines
    assert len(lines) == len(expected), lines
    for line, words in zip(lines, expected, strict=True):
        assert line.startswith("tenant.toml: ")
        assert all(word in line for word in words), line
        assert "\n" not in line
    assert "Sesame" not in "".join(lines)
    assert "S3cretC" not in "".join(lines)


def _run(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--target=live", f"--settings={file}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_broken_files_exit_with_code_4_without_a_traceback(tmp_path: Path) -> None:
    """For each broken file, the exit code is 4, and standard error contains only one line for each mistake."""
    files = []
    for number, (text, _) in enumerate(BROKEN.values()):
        files.append(tmp_path / f"broken{number}.toml")
        files[-1].write_text(text, encoding="utf-8")

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(_run, files))

    for done, (_, expected) in zip(runs, BROKEN.values(), strict=True):
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        assert done.returncode == 4, done.stderr
        assert len(lines) == len(expected), done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        assert "Sesame" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"\xff\xfe\x00", "UTF-8", id="not-utf-8"),
        pytest.param(b"a = [" + b"[" * 100_000, "TOML", id="nested-too-deep"),
        pytest.param(b"#" * 5_000_000, "larger than", id="five-megabytes"),
    ],
)
def test_unreadable_files_are_reported_on_one_line(content: bytes, words: str, tmp_path: Path) -> None:
    """A file that is not UTF-8, is nested too deeply or is too large is reported on one line."""
    file = tmp_path / "tenant.toml"
    file.write_bytes(content)

    with pytest.raises(SettingsError) as raised:
        load(file)

    assert len(raised.value.lines) == 1
    assert words in raised.value.lines[0]


def test_missing_file_and_folder_are_reported(tmp_path: Path) -> None:
    """The message for a missing file names the example file, and the message for a folder says that it is a folder."""
    with pytest.raises(SettingsError, match=r"settings\.example\.toml"):
        load(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="folder"):
        load(tmp_path)


def test_example_has_no_mistake() -> None:
    """The example file has no mistakes and contains a sender for each method."""
    settings = load(ROOT / "settings.example.toml")

    assert [sender.method for sender in settings.sender.values()] == ["basic", "oauth"]
