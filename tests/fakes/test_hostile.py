"""Tests of the hostile peers in the built-in tenant: the catalogue, where each peer is reached, and the servers that stay healthy."""

import json
import os
import smtplib
import socket
import ssl
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import pytest

from fakes import PEERS, UnknownPeer, apply, healthy, serve, serve_in_subprocess
from fakes.hostile.peer import Place
from fakes.world.clouds import CLOUDS
from fakes.world.world import in_cloud
from tests.fakes.test_catalogue import GATES

ROOT = Path(__file__).parents[2]
SMTP_HOST, LOGIN = "smtp.office365.com", "login.microsoftonline.com"
NAMED = {
    "header-drip", "endless-100", "chunk-drip", "trailer-drip", "token-header-drip", "proxy-connect-drip", "split-echo",
    "encoded-echo", "odd-digits", "early-235", "giant-line", "many-lines", "gzip-bomb", "deep-json", "huge-number-json",
    "infinity-json", "cname-loop", "dns-drip", "dns-malformed", "redirects", "redirect-loop", "foreign-endpoint",
    "starttls-injection", "starttls-hidden", "tls-handshake-stall", "tls-alert-after-handshake", "banner-drip", "reply-drip",
    "ehlo-flood", "reset-after-password", "silence-after-password", "tarpit-after-password",
    "socks-proxy-that-speaks-http", "bidi-and-escape-replies",
}  # fmt: skip


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `python -m fakes` with these arguments, as `run.py fake` does."""
    return subprocess.run(
        [sys.executable, "-m", "fakes", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def leading_to_the_peer(description: dict[str, Any]) -> set[str]:
    """Return the entries of the connect map that lead to the peer."""
    port = description["smtp" if description["hostile"]["place"] == "smtp" else "https"]["port"]
    return {place for place, target in description["connect"].items() if target == f"127.0.0.1:{port}"}


def trusting(file: str) -> ssl.SSLContext:
    """Return a client context that trusts the roots in this file."""
    return ssl.create_default_context(cafile=file)


def test_the_catalogue_has_the_documented_peers() -> None:
    """There are at least 25 peers, for every place and every protocol, and the documented names are among them."""
    assert len(PEERS) >= 25
    assert PEERS.keys() >= NAMED
    assert {peer.place for peer in PEERS.values()} == set(Place)
    assert {peer.protocol for peer in PEERS.values()} == {"SMTP", "TLS", "HTTP", "JSON", "DNS", "SOCKS"}


@pytest.mark.parametrize("name", PEERS)
def test_each_row_is_complete(name: str) -> None:
    """A row has one line of text in each column. Its gate is a gate of the route or empty."""
    row = PEERS[name].row

    assert all(row[key].strip() == row[key] != "" for key in row.keys() - {"gate"})
    assert not any("\n" in text or "|" in text for text in row.values())
    assert row["gate"] in GATES | {""}


def test_no_two_peers_do_the_same() -> None:
    """No two peers have the same description in the same place."""
    counted = Counter((peer.place, peer.does) for peer in PEERS.values())

    assert [found for found, count in counted.items() if count > 1] == []


def test_the_command_lists_the_peers() -> None:
    """`--hostile=list` prints a line for each peer, and a JSON row for each peer with `--json`."""
    text, rows = command("--hostile=list"), command("--hostile=list", "--json")

    assert [line.split()[0] for line in text.stdout.splitlines()] == list(PEERS)
    assert json.loads(rows.stdout) == [peer.row for peer in PEERS.values()]
    assert (text.returncode, rows.returncode) == (0, 0)


def test_an_unknown_name_suggests_similar_names(tmp_path: Path) -> None:
    """The error for a misspelt name suggests the closest one. On the command line, the error is one line, and the exit code is 4."""
    done = command("--hostile=header-dripp")

    assert done.returncode == 4
    assert "header-drip" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    with pytest.raises(UnknownPeer, match="split-echo"), serve(healthy(), folder=tmp_path, hostile="split-eco"):
        pass


def test_a_process_serves_a_peer(tmp_path: Path) -> None:
    """A tenant in a separate process also serves the peer, and the tenant's description contains the peer's row."""
    with serve_in_subprocess(folder=tmp_path, hostile="odd-digits") as process:
        description = process.description
        with socket.create_connection((description["smtp"]["host"], description["smtp"]["port"]), timeout=30) as sock:
            greeting = sock.recv(1000).decode("utf-8")

    assert description["hostile"] == PEERS["odd-digits"].row
    assert greeting.startswith("\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT ZERO} ")


def test_a_mail_server_is_healthy_until_the_step_that_the_peer_attacks(tmp_path: Path) -> None:
    """Until it receives the password, the peer replies like an ordinary server. It then repeats the password, split over two lines."""
    with serve(healthy(), folder=tmp_path, hostile="split-echo") as running:
        description = running.description
        with smtplib.SMTP("127.0.0.1", description["smtp"]["port"], timeout=30) as client:
            client._host = SMTP_HOST  # type: ignore[attr-defined]  # noqa: SLF001 - the name that smtplib verifies
            client.starttls(context=trusting(description["ca_file"]))
            client.ehlo()
            client.docmd("AUTH LOGIN")
            client.docmd("YWxlcnRz")
            code, text = client.docmd("U3BsaXRNZTEyeA==")

    assert code == 535
    assert text == b"5.7.3 Split\nMe12x"


def test_the_servers_under_other_names_are_healthy(tmp_path: Path) -> None:
    """While a peer takes the place of the mail server, the connect map leads the tenant's other names to healthy servers."""
    with serve(healthy(), folder=tmp_path, hostile="smtp-silence") as running:
        connect, address = running.description["connect"], running.description["smtp"]
        host, _, port = connect["smtp-legacy.office365.com:587"].partition(":")
        with smtplib.SMTP(host, int(port), timeout=30) as client:
            code, _ = client.ehlo()

    assert code == 250
    assert connect[f"{SMTP_HOST}:587"] == f"127.0.0.1:{address['port']}"
    assert connect[f"{SMTP_HOST}:587"] != connect["smtp-legacy.office365.com:587"]


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("peer", ["smtp-silence", "https-silence"])
def test_a_peer_attacks_the_names_of_the_tenants_cloud(peer: str, cloud: str, tmp_path: Path) -> None:
    """In every cloud, the name and all addresses of the attacked server lead to the peer, and none of the other names do."""
    with serve(in_cloud(healthy(), cloud), folder=tmp_path, hostile=peer) as running:
        description, network = running.description, running.world.network
    host = CLOUDS[cloud].smtp_host if peer == "smtp-silence" else CLOUDS[cloud].login_hosts[0]
    zone = network.zone(host)
    assert zone is not None
    attacked = {place.rpartition(":")[0].strip("[]") for place in leading_to_the_peer(description)}

    assert attacked - {zone.name, *zone.ipv4, *zone.ipv6} == set()
    assert attacked >= {zone.name, *zone.ipv4, *zone.ipv6}


def test_a_change_of_the_tenant_keeps_the_peer(tmp_path: Path) -> None:
    """After a fault has been applied at run time, the settings and the description still lead to the peer."""
    with serve(healthy(), folder=tmp_path, hostile="smtp-silence") as running:
        before = leading_to_the_peer(running.description)
        running.change(apply(running.world, ["mailbox_full"]))
        after = leading_to_the_peer(running.description)
        written = tomllib.loads(running.settings_file.read_text(encoding="utf-8"))["connect"]

    assert before == after
    assert before
    assert before <= written.keys()


def test_a_fixed_port_leads_to_the_peer(tmp_path: Path) -> None:
    """If the caller fixes the port of the server that the peer replaces, the peer listens on that port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serve(healthy(), folder=tmp_path, hostile="odd-digits", ports={"smtp": port}) as running:
        assert running.description["smtp"]["port"] == port
        with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
            assert sock.recv(1) == "\N{SUPERSCRIPT TWO}".encode()[:1]


def test_a_name_server_attacks_one_name_only(tmp_path: Path) -> None:
    """A hostile name server gives the right answer for the login host and a wrong one for the mail server, over UDP and TCP."""
    with serve(healthy(), folder=tmp_path, hostile="cname-loop") as running:
        port = running.description["dns"]["port"]
        other, mail = dns.message.make_query(LOGIN, "A"), dns.message.make_query(SMTP_HOST, "A")
        answers = [
            ask(query, "127.0.0.1", timeout=30, port=port)
            for ask in (dns.query.udp, dns.query.tcp)
            for query in (other, mail)
        ]

    texts = ["\n".join(rrset.to_text() for rrset in answer.answer) for answer in answers]
    assert ["40.126.28.11" in text for text in texts] == [True, False, True, False]
    assert ["loop.example" in text for text in texts] == [False, True, False, True]


def test_a_proxy_is_in_the_environment(tmp_path: Path) -> None:
    """The description of a hostile proxy contains the variables that lead a client to the proxy, as well as the secrets."""
    with serve(healthy(), folder=tmp_path, hostile="socks-proxy-that-speaks-http") as running:
        environment, port = running.description["environment"], running.description["proxy"]["port"]
        with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
            sock.sendall(b"\x05\x01\x00")
            answer = sock.recv(1000)

    assert environment["HTTPS_PROXY"] == f"socks5://127.0.0.1:{port}"
    assert environment.keys() > running.secrets.keys()
    assert answer.startswith(b"HTTP/1.1 400 ")
