"""Tests that a wait ends by the sender's deadline, whatever a peer sends, and that the results for the other sender are complete."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import trustme

from fakes import Running, healthy, serve
from fakes.hostile.listener import hold, serving
from tests.resilience.processes import ROOT, check, is_complete, read

LOGIN = "login.microsoftonline.com"
ENDLESS_RESPONSES = (
    "https-silence", "header-drip", "status-drip", "endless-100", "flood-100", "chunk-drip",
    "chunk-extension-drip", "trailer-drip", "body-drip", "endless-body",
)  # fmt: skip
REPLY_FIRST = {"reply_timeout": 1.5, "sender_timeout": 6.0}
SENDER_FIRST = {"reply_timeout": 30.0, "sender_timeout": 3.0}


def edited(running: Running, timeouts: Mapping[str, float], *lines: str, edit: Callable[[str], str] = str) -> Path:
    """Write settings with these timeouts and these additional lines in `[connect]`, and return the path."""
    text = edit(running.settings_file.read_text(encoding="utf-8"))
    for key, seconds in timeouts.items():
        text = re.sub(rf"{key} = [\d.]+", f"{key} = {seconds}", text)
    file = running.settings_file.with_name("hostile.toml")
    file.write_text(text.replace("[connect]\n", "\n".join(["[connect]", *lines, ""])), encoding="utf-8")
    return file


def results(settings: Path, running: Running, variables: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Run the program with these settings and return the results of each sender, keyed by name."""
    report, file = settings.with_name("report.html"), settings.with_name("results.json")
    private = {name: str(settings.parent) for name in ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")}
    done = check(
        "--target=live",
        f"--settings={settings}",
        f"--json={file}",
        report=report,
        variables={**running.secrets, **private, **(variables or {})},
    )

    assert done.is_orderly, done.output
    assert report.exists(), done.output
    assert is_complete(report)
    return {one["name"]: one for one in read(file)["senders"]}


def results_with(peer: str, timeouts: Mapping[str, float], folder: Path) -> dict[str, dict[str, Any]]:
    """Run the program against a tenant with this hostile peer and return the results of each sender."""
    with serve(healthy(), folder=folder, hostile=peer) as running:
        return results(edited(running, timeouts), running, running.environment)


@pytest.mark.parametrize(
    ("peer", "timeouts"),
    [
        *(pytest.param(peer, SENDER_FIRST, id=peer) for peer in ENDLESS_RESPONSES),
        pytest.param("header-drip", REPLY_FIRST, id="header-drip, reply timeout"),
        pytest.param("trailer-drip", REPLY_FIRST, id="trailer-drip, reply timeout"),
    ],
)
def test_a_response_that_never_ends_is_a_broken_issuer_gate(
    peer: str, timeouts: Mapping[str, float], tmp_path: Path
) -> None:
    """A response from the issuer that never ends breaks the `issuer` gate, and the other sender can send."""
    found = results_with(peer, timeouts, tmp_path)

    assert found["basic"]["verdict"] == "can_send"
    assert found["oauth"]["first_broken_gate"] == "issuer"
    assert found["oauth"]["causes"] == ["token_endpoint_unreachable"]
    assert found["oauth"]["evidence"]["issuer"]["failure"]["kind"] in {"timeout", "too_long"}


@pytest.mark.parametrize("timeouts", [SENDER_FIRST, REPLY_FIRST], ids=["sender timeout", "reply timeout"])
def test_a_token_response_that_never_ends_is_a_broken_token_gate(timeouts: Mapping[str, float], tmp_path: Path) -> None:
    """A token response that never ends breaks the `token` gate with a timeout, and the other sender can send."""
    found = results_with("token-header-drip", timeouts, tmp_path)

    assert found["basic"]["verdict"] == "can_send"
    assert found["oauth"]["first_broken_gate"] == "token"
    assert found["oauth"]["evidence"]["token"]["failure"]["kind"] == "timeout"


@pytest.mark.parametrize("peer", ["https-tls-stall", "https-tls-drip"])
def test_a_tls_handshake_that_never_ends_breaks_the_issuer_gate(peer: str, tmp_path: Path) -> None:
    """A TLS handshake that never ends breaks the `issuer` gate with a timeout, and the other sender can send."""
    found = results_with(peer, SENDER_FIRST, tmp_path)

    assert found["basic"]["verdict"] == "can_send"
    assert found["oauth"]["first_broken_gate"] == "issuer"
    assert found["oauth"]["evidence"]["issuer"]["failure"]["kind"] == "timeout"


@pytest.mark.parametrize(
    ("peer", "gate", "kind"),
    [
        pytest.param("banner-drip", "greeting", "timeout", id="greeting"),
        pytest.param("banner-lines-drip", "greeting", "timeout", id="greeting line by line"),
        pytest.param("many-lines", "greeting", "too_long", id="large reply to EHLO"),
        pytest.param("endless-tickets", "auth_offered", "timeout", id="session tickets"),
    ],
)
def test_an_smtp_server_that_never_ends_a_reply_breaks_its_gate(
    peer: str, gate: str, kind: str, tmp_path: Path
) -> None:
    """Endless data from a mail server breaks the gate with a timeout or because of its size, and the other sender can send."""

    def edit(text: str) -> str:
        first, table, second = text.partition("[sender.basic]")
        return first + table + second.replace("smtp.office365.com", "smtp-legacy.office365.com", 1)

    with serve(healthy(), folder=tmp_path, hostile=peer) as running:
        found = results(edited(running, SENDER_FIRST, edit=edit), running)

    record = found["oauth"]["evidence"][gate]
    assert found["basic"]["verdict"] == "can_send"
    assert found["oauth"]["first_broken_gate"] == gate
    assert record["failure"]["kind"] == kind


@pytest.mark.parametrize("peer", ["proxy-connect-drip", "proxy-silence"])
def test_a_proxy_that_never_finishes_its_answer_breaks_the_issuer_gate(peer: str, tmp_path: Path) -> None:
    """A proxy whose answer to CONNECT never ends breaks the `issuer` gate with a proxy failure, and the other sender can send."""
    found = results_with(peer, SENDER_FIRST, tmp_path)

    assert found["basic"]["verdict"] == "can_send"
    assert found["oauth"]["first_broken_gate"] == "issuer"
    assert found["oauth"]["evidence"]["issuer"]["failure"] == {
        "kind": "proxy",
        "text": "the proxy did not answer: timeout",
    }


@pytest.mark.parametrize("peer", ["header-drip", "endless-100"])
@pytest.mark.parametrize("host", ["graph.microsoft.com", "outlook.office365.com"])
def test_a_lookup_that_never_ends_keeps_the_other_results(host: str, peer: str, tmp_path: Path) -> None:
    """Lookups on a host whose response never ends fail. Both senders can send, and the lookups on the other host are answered."""
    with (
        serve(healthy(), folder=tmp_path, lookups=True) as running,
        serve(healthy(), folder=tmp_path / "hostile", hostile=peer) as hostile,
    ):
        port = hostile.description["https"]["port"]
        found = results(edited(running, SENDER_FIRST, f'"{host}:443" = "127.0.0.1:{port}"'), running)

    assert {one["verdict"] for one in found.values()} == {"can_send"}
    tenant = found["basic"]["evidence"]["tenant"]
    graph, exchange = tenant["user"]["state"], tenant["mailbox"]["state"]
    assert (graph, exchange) == (("failed", "answered") if host.startswith("graph") else ("answered", "failed"))
    assert "in time" in tenant["user" if graph == "failed" else "mailbox"]["detail"]


@pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("openssl") is None, reason="needs a named pipe and the openssl command"
)
def test_a_call_that_never_returns_does_not_hold_up_the_report(tmp_path: Path) -> None:
    """If reading the system's trusted roots never ends, the sender's time limit is reported, and the other sender can send."""
    if sys.platform == "win32":
        pytest.skip("named pipes are not files there")
    unknown = trustme.CA()
    unknown.cert_pem.write_to_path(str(tmp_path / "unknown.pem"))
    command = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(tmp_path / "unknown.pem")]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / "roots").mkdir()
    os.mkfifo(tmp_path / "roots" / f"{name}.0")  # opening it for reading waits for ever
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    unknown.issue_cert(LOGIN).configure_cert(context)

    with serve(healthy(), folder=tmp_path) as running, serving(hold, context) as port:
        settings = edited(running, SENDER_FIRST, f'"{LOGIN}:443" = "127.0.0.1:{port}"')
        found = results(settings, running, {"SSL_CERT_DIR": str(tmp_path / "roots")})

    assert found["basic"]["verdict"] == "can_send"
    evidence = found["oauth"]["evidence"]
    assert found["oauth"]["verdict"] == "not_proven"
    assert evidence["deadline_hit"]
    assert evidence["missing"]["issuer"] == "timed_out"
    assert evidence["auth_offered"]["ehlo"]["code"] == 250


def test_a_keyring_that_does_not_answer_is_a_missing_secret(tmp_path: Path) -> None:
    """If the keyring never answers, for example because it is locked, its sender has no password, and the other sender can send."""
    (tmp_path / "silent_keyring.py").write_text(
        "import threading\nfrom keyring.backend import KeyringBackend\n\n"
        "class Silent(KeyringBackend):\n    priority = 1\n\n"
        "    def get_password(self, service, username):\n        threading.Event().wait()\n\n"
        "    set_password = delete_password = get_password\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(ROOT), str(tmp_path)])
    with serve(healthy(), folder=tmp_path) as running:
        settings = edited(
            running,
            SENDER_FIRST,
            edit=lambda text: text.replace("[sender.basic]", '[sender.basic]\npassword_from = "keyring"'),
        )
        variables = {"PYTHON_KEYRING_BACKEND": "silent_keyring.Silent", "PYTHONPATH": path}
        found = results(settings, running, variables)

    assert found["oauth"]["verdict"] == "can_send"
    assert found["basic"]["verdict"] == "not_proven"
    assert "did not answer within 3 s" in found["basic"]["evidence"]["secret"]["source"]
