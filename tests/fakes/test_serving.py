"""Tests of the fakes as a program and as a fixture: settings file, description, control endpoint, starting and stopping."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fakes import CannotStage, Running, apply, healthy, serve, serve_in_subprocess
from fakes.network.listeners import open_listeners
from tests.fakes.clients import SMTP_HOST, Submission, by_password, mapped_address, submission, tenant

ROOT = Path(__file__).parents[2]


def control(
    running: Running, method: str, path: str, body: object = None, *, token: str | None = None
) -> tuple[int, Any]:
    """Send one request to the control endpoint and return the status and the content of the response."""
    place = running.description["control"]
    address = urlsplit(place["url"])
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=5)
    headers = {"Authorization": f"Bearer {place['token'] if token is None else token}", "Connection": "close"}
    connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if answer.getheader("content-type", "").startswith(
        "application/json"
    ) else text


def test_settings_file_maps_every_host_to_loopback(tmp_path: Path) -> None:
    """The settings file maps every Exchange host name and address to loopback, and allows connections only to mapped hosts."""
    with tenant(tmp_path) as running:
        found = tomllib.loads(running.settings_file.read_text(encoding="utf-8"))
        zones = running.world.network.zones

    submission_hosts = [zone for zone in zones if zone.service == "exchange"]
    for zone in submission_hosts:
        for host in (zone.name, *zone.ipv4, *(f"[{address}]" for address in zone.ipv6)):
            assert {f"{host}:{port}" for port in (587, 25, 465, 993)} <= found["connect"].keys()
    assert all(target.startswith("127.0.0.1:") for target in found["connect"].values())
    assert found["network"]["only_mapped"] is True
    assert found["network"]["resolvers"][0].startswith("127.0.0.1:")
    assert found["sender"].keys() == {"basic", "oauth"}


def test_login_host_names_are_resolved_by_dns(tmp_path: Path) -> None:
    """The settings file maps login hosts only by address, so that DNS resolves their names. The description also maps the names."""
    with tenant(tmp_path) as running:
        written = tomllib.loads(running.settings_file.read_text(encoding="utf-8"))["connect"]
        described = running.description["connect"]
        zone = running.world.network.zone("login.microsoftonline.com")

    assert zone is not None
    assert "smtp.office365.com:587" in written
    assert described.keys() - written.keys() == {
        place for place in described if place[0].isalpha() and place.endswith(":443")
    }
    assert {f"{address}:443" for address in zone.ipv4} <= written.keys()


def test_settings_file_holds_no_secret(tmp_path: Path) -> None:
    """The password and the client secret are in environment variables, never in the file."""
    with tenant(tmp_path) as running:
        text = running.settings_file.read_text(encoding="utf-8")
        secrets = running.secrets

    assert secrets.keys() == {"SMTP365_BASIC_PASSWORD", "SMTP365_OAUTH_CLIENT_SECRET"}
    assert not any(value in text for value in secrets.values())


def test_description_has_the_documented_members(tmp_path: Path) -> None:
    """The description contains the addresses, the connect map, the roots and the senders that other programs need."""
    with tenant(tmp_path) as running:
        found = running.description

    promised = {
        "smtp",
        "https",
        "dns",
        "control",
        "ca_file",
        "connect",
        "tenant_id",
        "issuer_document",
        "senders",
        "settings_file",
    }
    assert promised <= found.keys()
    assert found["senders"]["oauth"].keys() == {"username", "client_id", "client_secret", "scope"}
    assert found["connect"]["smtp.office365.com:587"] == f"127.0.0.1:{found['smtp']['port']}"
    json.dumps(found)


def test_world_changes_at_run_time(tmp_path: Path) -> None:
    """A change to the world takes effect at once, in the SMTP dialogue and on the mapped ports."""
    with tenant(tmp_path) as running:
        with submission(running) as client:
            before = by_password(client, running)
        running.change(apply(running.world, ["smtp_auth_off_tenant"]))
        with submission(running) as client:
            after = by_password(client, running)
        running.change(apply(healthy(), ["port_refused"]))

        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(mapped_address(running, f"{SMTP_HOST}:587"), timeout=2)
    assert (before[:3], after[:9]) == ("235", "535 5.7.1")


def test_control_endpoint(tmp_path: Path) -> None:
    """The control endpoint lists and fetches messages, sets and clears faults, and refuses a wrong token."""
    with tenant(tmp_path) as running:
        with submission(running) as client:
            by_password(client, running)
            user = running.world.basic.username
            client.sendmail(user, [user], f"From: {user}\r\n\r\nhello\r\n")
        listed = control(running, "GET", "/messages")
        fetched = control(running, "GET", "/messages/0.eml")
        wrong_token = control(running, "GET", "/messages", token="guess")
        unknown = control(running, "PUT", "/faults", {"faults": ["wrong_pasword"]})
        broken = control(running, "PUT", "/faults", ["wrong_password"])
        put = control(running, "PUT", "/faults", {"faults": ["smtp_auth_off_mailbox"]})
        state = control(running, "GET", "/state")
        cleared = control(running, "DELETE", "/faults")

    assert (listed[0], len(listed[1]), listed[1][0]["user"]) == (200, 1, user)
    assert fetched == (200, f"From: {user}\r\n\r\nhello\r\n".encode())
    assert (wrong_token[0], unknown[0], broken[0]) == (401, 409, 400)
    assert "wrong_password" in unknown[1]["error"]
    assert put == (200, {"faults": ["smtp_auth_off_mailbox"]})
    assert (state[1]["faults"], state[1]["messages"]) == (["smtp_auth_off_mailbox"], 1)
    assert cleared == (200, {"faults": []})


def test_stop_closes_connections_and_threads(tmp_path: Path) -> None:
    """Stopping the fakes closes open connections and ends the fakes' thread."""
    before = set(threading.enumerate())
    with tenant(tmp_path) as running:
        client = Submission(running).connect_encrypted()
    with pytest.raises(OSError):  # noqa: PT011 - closed or reset, depending on the platform
        client.command("NOOP")
    client.close()

    assert "fakes" not in {thread.name for thread in set(threading.enumerate()) - before}


def test_port_in_use_is_an_error(tmp_path: Path) -> None:
    """Starting the fakes on a fixed port raises an error if that port is already in use."""
    with tenant(tmp_path / "first") as running:
        taken = running.description["smtp"]["port"]

        with pytest.raises(OSError), serve(healthy(), folder=tmp_path, ports={"smtp": taken}):  # noqa: PT011
            pass


def test_dropped_port_is_refused_outside_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """On systems other than Linux, a dropped port raises an error that gives the reason."""
    monkeypatch.setattr(sys, "platform", "win32")
    opened = open_listeners()
    try:
        with pytest.raises(CannotStage, match="only on Linux"):
            opened.dropped()
    finally:
        opened.close()


def test_separate_process(tmp_path: Path) -> None:
    """A tenant in a separate process serves SMTP, has a settings file and secrets, and stops at the end of the block."""
    with serve_in_subprocess(["smtp_auth_off_tenant"], folder=tmp_path) as process:
        found = process.description
        with socket.create_connection((found["smtp"]["host"], found["smtp"]["port"]), timeout=5) as plain:
            greeting = plain.recv(100)

    assert greeting.startswith(b"220 ")
    assert process.settings_file.is_file()
    assert process.secrets.keys() == {"SMTP365_BASIC_PASSWORD", "SMTP365_OAUTH_CLIENT_SECRET"}
    with pytest.raises(OSError):  # noqa: PT011 - refused or timed out, depending on the platform
        socket.create_connection((found["smtp"]["host"], found["smtp"]["port"]), timeout=1)


def test_command_exits_quietly_on_interrupt(tmp_path: Path) -> None:
    """The program prints the description as its first line of output, and ends without a traceback on Ctrl-C."""
    command = [sys.executable, "-m", "fakes", "--json", "--folder", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        if sys.platform == "win32":
            process.kill()
            return
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)

    assert Path(first["settings_file"]).parent == tmp_path
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "shows"),
    [
        pytest.param(["--fault", "wrong_pasword"], "did you mean wrong_password", id="misspelt fault"),
        pytest.param(["--latncy", "5"], "unrecognized arguments: --latncy 5", id="misspelt option"),
    ],
)
def test_command_rejects_unknown_arguments(arguments: list[str], shows: str) -> None:
    """For a misspelt fault or option, the program exits with code 4 and prints a message that names the mistake."""
    done = subprocess.run(
        [sys.executable, "-m", "fakes", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )

    assert (done.returncode, done.stdout) == (4, "")
    assert shows in done.stderr
