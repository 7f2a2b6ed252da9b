"""Tests of the fakes' network faults with dnspython and ssl: resolver, ports, middleboxes and certificates."""

import socket
import ssl
import sys
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from fakes import Running
from fakes.world.world import TENANT_ID
from tests.fakes.clients import SMTP_HOST, Submission, https, mapped_address, submission, tenant


def query(running: Running, name: str, kind: str = "A", *, tcp: bool = False) -> dns.message.Message:
    """Send one query to the fake resolver and return its response."""
    ask = dns.query.tcp if tcp else dns.query.udp
    port = running.description["dns"]["port"]
    return ask(dns.message.make_query(name, kind), "127.0.0.1", port=port, timeout=0.5)


@pytest.mark.parametrize("tcp", [pytest.param(False, id="UDP"), pytest.param(True, id="TCP")])
def test_resolver_returns_the_cname_chain(tmp_path: Path, *, tcp: bool) -> None:
    """The name smtp.office365.com resolves through five aliases to four addresses of each family, with short TTLs."""
    with tenant(tmp_path) as running:
        answers = [query(running, SMTP_HOST, kind, tcp=tcp) for kind in ("A", "AAAA")]

    for answer, kind in zip(answers, (dns.rdatatype.A, dns.rdatatype.AAAA), strict=True):
        *chain, addresses = answer.answer
        assert [rrset.rdtype for rrset in chain] == [dns.rdatatype.CNAME] * 5
        assert (addresses.rdtype, len(addresses), addresses.ttl) == (kind, 4, 8)


def test_resolver_truncates_over_udp(tmp_path: Path) -> None:
    """An answer that does not fit into a datagram is truncated over UDP and complete over TCP."""
    from dataclasses import replace

    from fakes.world.world import healthy

    world = healthy()
    many = tuple(f"52.96.1.{number}" for number in range(1, 60))
    zones = tuple(replace(zone, ipv4=many) if zone.name == SMTP_HOST else zone for zone in world.network.zones)
    with tenant(tmp_path, world=world.with_network(zones=zones)) as running:
        truncated, complete = query(running, SMTP_HOST), query(running, SMTP_HOST, tcp=True)

    assert truncated.flags & dns.flags.TC
    assert len(complete.answer[-1]) == 59


@pytest.mark.parametrize(
    ("fault_id", "code"),
    [
        pytest.param("dns_no_such_name", dns.rcode.NXDOMAIN, id="no such name"),
        pytest.param("dns_server_failure", dns.rcode.SERVFAIL, id="server failure"),
        pytest.param("dns_no_addresses", dns.rcode.NOERROR, id="no addresses"),
    ],
)
def test_resolver_returns_an_error(tmp_path: Path, fault_id: str, code: dns.rcode.Rcode) -> None:
    """For the SMTP host, a failing resolver returns the fault's response code and no address. The login host is still resolved."""
    with tenant(tmp_path, fault_id) as running:
        answer, other = query(running, SMTP_HOST), query(running, "login.microsoftonline.com")

    assert (answer.rcode(), answer.answer) == (code, [])
    assert other.answer


@pytest.mark.parametrize(
    ("fault_id", "udp", "tcp"),
    [
        pytest.param("dns_udp_blocked", False, True, id="TCP only"),
        pytest.param("dns_tcp_blocked", True, False, id="UDP only"),
        pytest.param("dns_silent", False, False, id="silence"),
    ],
)
def test_blocked_dns_transport_times_out(tmp_path: Path, fault_id: str, *, udp: bool, tcp: bool) -> None:
    """A query over a blocked transport times out, while a query over an open one is answered."""
    with tenant(tmp_path, fault_id) as running:
        received = []
        for over_tcp in (False, True):
            try:
                received.append(bool(query(running, SMTP_HOST, tcp=over_tcp).answer))
            except dns.exception.Timeout:
                received.append(False)

    assert received == [udp, tcp]


def test_resolver_hijacks_or_flaps(tmp_path: Path) -> None:
    """A hijacked answer contains a private address. A flapping resolver fails on the first query and on some later ones."""
    with tenant(tmp_path / "hijacked", "dns_hijacked") as running:
        lie = query(running, SMTP_HOST).answer[0][0].to_text()
    with tenant(tmp_path / "flapping", "dns_flapping") as running:
        codes = [query(running, SMTP_HOST).rcode() for _ in range(9)]
        over_tcp = query(running, SMTP_HOST, tcp=True).rcode()

    assert lie == "10.20.30.40"
    assert codes == [dns.rcode.SERVFAIL, *[dns.rcode.NOERROR] * 7, dns.rcode.SERVFAIL]
    assert over_tcp == dns.rcode.SERVFAIL


@pytest.mark.parametrize(
    ("fault_id", "place"),
    [
        pytest.param("port_refused", f"{SMTP_HOST}:587", id="submission"),
        pytest.param("port_465", f"{SMTP_HOST}:465", id="implicit TLS port"),
        pytest.param("ipv6_refused", "[2603:1036:303:3c1f::2]:587", id="IPv6 only"),
        pytest.param("login_refused", "login.microsoftonline.com:443", id="login host"),
    ],
)
def test_port_is_refused(tmp_path: Path, fault_id: str, place: str) -> None:
    """A connection to a refused port fails. If only IPv6 is refused, a connection to the IPv4 address is still accepted."""
    with tenant(tmp_path, fault_id) as running:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(mapped_address(running, place), timeout=2)
        if fault_id == "ipv6_refused":
            socket.create_connection(mapped_address(running, f"{SMTP_HOST}:587"), timeout=2).close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux drops packets when the backlog is full")
@pytest.mark.parametrize("fault_id", ["port_dropped", "login_dropped", "ipv6_dropped"])
def test_port_is_dropped(tmp_path: Path, fault_id: str) -> None:
    """A connection to a dropped port times out, because the port never replies."""
    places = {"port_dropped": f"{SMTP_HOST}:587", "login_dropped": "login.microsoftonline.com:443"}
    with tenant(tmp_path, fault_id) as running:
        place = mapped_address(running, places.get(fault_id, "[2603:1036:303:3c1f::2]:587"))

        with pytest.raises(TimeoutError):
            socket.create_connection(place, timeout=0.3)


@pytest.mark.parametrize(
    ("fault_id", "place"),
    [
        pytest.param("port_reset", f"{SMTP_HOST}:587", id="submission"),
        pytest.param("login_reset", "login.microsoftonline.com:443", id="login host"),
    ],
)
def test_port_is_reset(tmp_path: Path, fault_id: str, place: str) -> None:
    """A reset port accepts every connection and then resets it. The login host does so once the client has sent data."""
    with tenant(tmp_path, fault_id) as running:
        for _ in range(3):
            with socket.create_connection(mapped_address(running, place), timeout=2) as plain:
                if fault_id == "login_reset":
                    plain.sendall(b"\x16\x03\x01")

                with pytest.raises(ConnectionResetError):
                    plain.recv(1)


@pytest.mark.parametrize(
    ("fault_id", "prefix"),
    [
        pytest.param("http_answer", b"HTTP/1.1 408", id="HTTP"),
        pytest.param("tls_at_once", b"\x15\x03\x03", id="TLS"),
        pytest.param("hosting_provider", b"220 mail.hosting-provider.example ESMTP", id="provider"),
        pytest.param("greeting_masked", b"220 *********", id="masked greeting"),
        pytest.param("service_not_ready", b"421 4.3.2 Service not active", id="not ready"),
        pytest.param("silence_after_connect", b"", id="silence"),
    ],
)
def test_first_bytes_on_port_587(tmp_path: Path, fault_id: str, prefix: bytes) -> None:
    """The first bytes on port 587 are those of the server or middlebox in the fault."""
    with (
        tenant(tmp_path, fault_id) as running,
        socket.create_connection(mapped_address(running, f"{SMTP_HOST}:587"), timeout=0.3) as plain,
    ):
        try:
            received = plain.recv(4096)
        except TimeoutError:
            received = b""

    assert received.startswith(prefix)
    assert bool(received) == bool(prefix)


@pytest.mark.parametrize(
    ("fault_id", "listed", "answer"),
    [
        pytest.param("starttls_masked", "XXXXXXXA", "500 5.3.3 Unrecognized command", id="masked"),
        pytest.param("starttls_stripped", None, "500 5.3.3 Unrecognized command", id="stripped"),
        pytest.param("starttls_refused", "STARTTLS", "500 Unsupported command", id="refused"),
    ],
)
def test_starttls_behind_a_middlebox(tmp_path: Path, fault_id: str, listed: str | None, answer: str) -> None:
    """A middlebox masks STARTTLS in the list of extensions, removes it, or refuses the command."""
    with tenant(tmp_path, fault_id) as running:
        client = Submission(running)
        client.connect_plain()
        offers = client.command("EHLO client.example").split("\n")
        received = client.command("STARTTLS")
        client.close()

    assert [line for line in offers if line in {"XXXXXXXA", "STARTTLS"}] == ([listed] if listed else [])
    assert received.startswith(answer)


def test_hidden_starttls_works(tmp_path: Path) -> None:
    """A hidden STARTTLS is missing from the list of extensions, but the command gets 220."""
    with tenant(tmp_path, "starttls_hidden") as running:
        client = Submission(running)
        client.connect_plain()
        offers = client.command("EHLO client.example").split("\n")
        reply = client.command("STARTTLS")
        client.close()

    assert not [line for line in offers if "STARTTLS" in line]
    assert reply.startswith("220 ")


def test_auth_is_stripped(tmp_path: Path) -> None:
    """The list of extensions sent after STARTTLS does not contain AUTH."""
    with tenant(tmp_path, "auth_stripped") as running, submission(running) as client:
        features = dict(client.esmtp_features)

    assert "auth" not in features
    assert "chunking" in features


@pytest.mark.parametrize(
    ("fault_id", "why"),
    [
        pytest.param("certificate_expired", "certificate has expired", id="expired"),
        pytest.param("certificate_not_yet_valid", "certificate is not yet valid", id="not yet valid"),
        pytest.param("certificate_other_name", "not valid for 'smtp.office365.com'", id="other name"),
        pytest.param("certificate_self_signed", "self-signed certificate", id="self-signed"),
        pytest.param("certificate_unknown_root", "unable to get local issuer certificate", id="unknown root"),
        pytest.param("certificate_chain_incomplete", "unable to get local issuer certificate", id="no intermediate"),
        pytest.param("mail_shield", "unable to get local issuer certificate", id="mail shield"),
        pytest.param("hosting_provider", "not valid for 'smtp.office365.com'", id="provider"),
    ],
)
def test_certificate_is_refused(tmp_path: Path, fault_id: str, why: str) -> None:
    """Each invalid certificate fails verification, and the error states why."""
    with tenant(tmp_path, fault_id) as running:
        client = Submission(running)

        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            client.connect_encrypted()
        client.close()
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("fault_id", "issuer"),
    [
        pytest.param(None, "DigiCert Inc", id="healthy"),
        pytest.param("certificate_expiring", "DigiCert Inc", id="expiring"),
        pytest.param("mail_shield_trusted", "Invented Mail Shield", id="trusted mail shield"),
    ],
)
def test_certificate_is_accepted(tmp_path: Path, fault_id: str | None, issuer: str) -> None:
    """An accepted certificate has Microsoft's subject and names.

    Its issuer is DigiCert, unless a mail shield intercepts the connection.
    """
    with tenant(tmp_path, *([fault_id] if fault_id else [])) as running, submission(running) as client:
        assert isinstance(client.sock, ssl.SSLSocket)
        shown = client.sock.getpeercert() or {}

    assert (("organizationName", "Microsoft Corporation"),) in shown["subject"]
    assert (("organizationName", issuer),) in shown["issuer"]
    assert ("DNS", "*.office365.com") in shown["subjectAltName"]


@pytest.mark.parametrize(
    ("fault_id", "why"),
    [
        pytest.param("login_certificate_unknown_root", "unable to get local issuer certificate", id="unknown root"),
        pytest.param("login_certificate_expired", "certificate has expired", id="expired"),
        pytest.param("login_certificate_other_name", "not valid for 'login.microsoftonline.com'", id="other name"),
    ],
)
def test_login_certificate_is_refused(tmp_path: Path, fault_id: str, why: str) -> None:
    """Each invalid certificate on the login host fails verification, while SMTP is unaffected."""
    with tenant(tmp_path, fault_id) as running:
        with submission(running):
            pass

        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            https(running, f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")
    assert why in str(caught.value)


def test_two_tenants_present_their_own_login_certificates(tmp_path: Path) -> None:
    """A second tenant in the same process does not change the login certificate of the first."""
    with tenant(tmp_path / "one", "login_certificate_expired") as broken, tenant(tmp_path / "two") as healthy_tenant:
        status, _, _ = https(healthy_tenant, f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")
        with pytest.raises(ssl.SSLCertVerificationError):
            https(broken, f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")

    assert status == 200
