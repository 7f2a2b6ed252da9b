"""Placeholders left over from the example file end a live run before any connection, and are all reported together."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from fakes import healthy, serve
from plugin.setup import make_plan
from settings.examples import EXAMPLE, left, left_in
from settings.mistakes import SettingsError
from settings.options import Options
from tests.suite.test_contract import run

# The values in the example that real settings may contain; all its other values are placeholders.
REAL = {
    "worldwide", "custom", "smtp.office365.com", "Basic", "OpenID", "keyring", "never", "nightly", "env:NOTICES_SECRET",
    "https://outlook.office365.com/.default", "8.8.8.8", "corporate-root.pem", "lab", "env:AUDITOR_SECRET", "auditor.pem",
}  # fmt: skip
GOOD = """\
[sender.alerts]
authentication_type = "Basic"
username = "alerts@adatum.test"
"""
GUID = "6d6c1f6a-52bb-4b0e-8f2e-5f7b7c3d9e01"


def uncommented_example() -> str:
    """Return the example with its optional lines uncommented and with `cloud = "custom"`, which its last table requires."""
    lines = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        kept = re.sub(r'^#\s*(?=(\[[a-z.]+\]|[a-z_]+ = |"[^"]+" = ))', "", line)
        lines.append(kept.replace('"worldwide"', '"custom"'))
    return "\n".join(lines)


def live_run(folder: Path, *senders: str) -> Options:
    """Return the options for a live run with the settings in this folder."""
    return Options(target="live", settings=None, senders=senders, folder=folder, root=folder, strict=False)


def mistakes(folder: Path, text: str, *senders: str) -> tuple[str, ...]:
    """Return the lines with which a live run rejects these settings. There are none if it accepts them."""
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    try:
        make_plan(live_run(folder, *senders), {})
    except SettingsError as problem:
        return problem.lines
    return ()


def test_every_value_in_the_example_is_real_or_a_placeholder() -> None:
    """Every value in the example is either in REAL or reported as a placeholder."""
    text = uncommented_example()
    data = tomllib.loads(text)
    lines = left(data)
    table = ""
    for line in text.splitlines():
        table = found[1] if (found := re.match(r"\[([a-z.]+)\]", line)) else table
        pair = re.match(r'([a-z_]+) = \[?"([^"]+)"', line)
        if pair is not None:
            where = f"[{table}] {pair[1]} = " if table else f"{pair[1]} = "
            assert any(one.startswith(where) for one in lines) == (pair[2] not in REAL), line
        if re.match(r'"[A-Z]+-\d\d" = ', line):
            assert any(one.startswith(f"[{table}] ") for one in lines), line
    assert len(lines) > 15


def test_unedited_example_is_refused_line_by_line(tmp_path: Path) -> None:
    """For the unedited example, the exit code is 4, and one line for each placeholder gives its key and the correction."""
    report = tmp_path / "r.html"
    done = run("--target=live", "--settings=settings.example.toml", "-p", "no:cacheprovider", f"--html={report}")
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    keys = [re.findall(r"\[sender\.(\w+)\] (\w+) = ", line) for line in lines]

    assert done.returncode == 4, done.stdout + done.stderr
    assert [key[0] for key in keys if key] == [
        *(("alerts", key) for key in ("username", "from", "to")),
        *(("notices", key) for key in ("username", "client_id", "openid_endpoint_configuration", "from", "to")),
    ]
    assert all("placeholder" in line and "; write " in line for line in lines)
    assert "yourdomain" not in "".join(line.partition("; write ")[2] for line in lines)
    assert not report.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("username", "alerts@yourdomain.com"),
        ("username", "alerts@mail.YourDomain.com"),
        ("from", "alerts@your-company.com"),
        ("from", "{from}"),
        ("client_id", "00000000-0000-0000-0000-000000000000"),
        ("client_id", "11111111-2222-3333-4444-555555555555"),
        ("client_id", "<client id>"),
        ("client_id", "[Application ID]"),
        ("openid_endpoint_configuration", "https://login.microsoftonline.com/{tenant-id}/v2.0/.well-known/openid-configuration"),
        ("openid_endpoint_configuration", "https://login.microsoftonline.com/<tenant id>/v2.0"),
        ("openid_endpoint_configuration", "https://login.microsoftonline.com/YOUR_TENANT_ID/v2.0"),
        ("openid_endpoint_configuration", "https://login.microsoftonline.com/%TENANT_ID%/v2.0"),
        ("openid_endpoint_configuration", "https://login.microsoftonline.com/yourtenant.onmicrosoft.com/v2.0"),
        ("smtp_server", "<smtp server>"),
    ],
)  # fmt: skip
def test_placeholder_is_reported(key: str, value: str, tmp_path: Path) -> None:
    """The line for a placeholder contains the key, the value and the correction."""
    text = GOOD.replace('"Basic"', '"OpenID"') if key.startswith(("client", "openid")) else GOOD
    text = text.replace('username = "alerts@adatum.test"\n', "") if key == "username" else text
    (line,) = mistakes(tmp_path, f'{text}{key} = "{value}"\n')

    assert line.startswith(f'settings.toml: [sender.alerts] {key} = "{value}": ')
    assert "; write " in line


@pytest.mark.parametrize(
    "more",
    [
        f'client_id = "{GUID}"',
        f'client_id = "{{{GUID}}}"',
        'from = "Alarms <alerts@adatum.test>"',
        'to = "ops@notyourdomain.com"',
        'to = "tenant@adatum.test"',
        'openid_endpoint_configuration = "https://login.microsoftonline.com/tenant.onmicrosoft.com/v2.0"',
        'openid_endpoint_configuration = "https://login.example.net/%7Bx%7D/%c3%a4%c3%a4"',
        'tags = ["[nightly]", "{site}"]',
    ],
)
def test_possible_values_are_accepted(more: str, tmp_path: Path) -> None:
    """Settings that only resemble a placeholder, such as a GUID in braces or a display name, are accepted."""
    assert mistakes(tmp_path, f"{GOOD}{more}\n") == ()


def test_settings_of_the_built_in_tenant_have_no_placeholder(tmp_path: Path) -> None:
    """The built-in tenant's settings file contains no value that a live run would reject as a placeholder."""
    with serve(healthy(), folder=tmp_path, lookups=True) as running:
        assert left_in(running.settings_file) == []


@pytest.mark.parametrize("key", ["password", "password_from", "client_secret", "passwort"])
def test_possible_secrets_are_not_printed(key: str) -> None:
    """A secret that looks like a placeholder is not reported, so it is not printed."""
    assert left({"sender": {"alerts": {key: "<Sesame>"}}}) == []


def test_built_in_tenant_may_have_placeholders(tmp_path: Path) -> None:
    """A run on the built-in tenant accepts placeholders, because a fault may use them."""
    (tmp_path / "built-in.toml").write_text(GOOD.replace("adatum.test", "yourdomain.com"), encoding="utf-8")
    built_in_run = Options(target="fake", settings=None, senders=(), folder=tmp_path, root=tmp_path, strict=False)

    assert [one.name for one in make_plan(built_in_run, {}, tmp_path / "built-in.toml").senders] == ["alerts"]


def test_mistakes_and_placeholders_are_reported_together(tmp_path: Path) -> None:
    """Mistakes and placeholders are reported together, on one line for each key."""
    text = f'{GOOD.replace("adatum.test", "yourdomain.com")}port = "587"\n[directory]\ntenant = "{{tenant-id}}"\nclient_id = "x"\n'
    lines = mistakes(tmp_path, text)

    places = [line.removeprefix("settings.toml: ").partition(" = ")[0] for line in lines]
    assert sorted(places) == [
        "[directory] client_id",
        "[directory] tenant",
        "[sender.alerts] port",
        "[sender.alerts] username",
    ]


def test_unselected_sender_may_have_placeholders(tmp_path: Path) -> None:
    """Placeholders are accepted in a sender that --sender does not select."""
    text = GOOD + '[sender.notices]\nauthentication_type = "Basic"\nusername = "notices@yourdomain.com"\n'

    assert mistakes(tmp_path, text, "alerts") == ()
    assert len(mistakes(tmp_path, text)) == 1


def test_mapped_example_host_is_accepted(tmp_path: Path) -> None:
    """An example host is accepted if [connect] maps it, because it is then the name of a test host."""
    text = GOOD + 'smtp_server = "mail.example.com"\n[custom]\nsmtp_server = "mail.example.com"\n'
    text = f'cloud = "custom"\n{text}'

    assert len(mistakes(tmp_path, text)) == 1
    assert mistakes(tmp_path, f'{text}[connect]\n"mail.example.com:587" = "127.0.0.1:2525"\n') == ()
