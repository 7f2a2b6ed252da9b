"""Hostile TLS servers: handshakes that never end, and records that keep a client from the data (RFC 8446)."""

import socket
import ssl

from ..world import certificates
from ..world.network import Certificate
from .dialogue import Dialogue, Ended, ehlo_lines, mail_server
from .listener import LARGEST_READ, drip, hold, over_tls
from .peer import HostilePeer, Place, Scene

_MANY_TICKETS = 2**31 - 1
_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # a fatal alert in plain text: handshake_failure
_SERVER_HELLO_BEGINS = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"


def _stall(dialogue: Dialogue) -> None:
    hold(dialogue.sock)
    raise Ended


def _handshake_drip(dialogue: Dialogue) -> None:
    dialogue.sock.recv(LARGEST_READ)
    dialogue.sock.sendall(_SERVER_HELLO_BEGINS)
    drip(dialogue.sock, b"x")


def _alert(dialogue: Dialogue) -> None:
    """Send an unencrypted alert after the handshake, as a device between client and server can."""
    dialogue.start_tls()
    socket.socket.send(dialogue.sock, _ALERT)  # the method of the plain socket
    hold(dialogue.sock)
    raise Ended


def _endless_tickets(dialogue: Dialogue) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.issue(Certificate.MICROSOFT, certificates.SMTP_NAMES, common_name="outlook.com").configure_cert(
        context
    )
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = _MANY_TICKETS
    with over_tls(dialogue.sock, context) as secured:
        hold(secured)
    raise Ended


def _ehlo_drip(dialogue: Dialogue) -> None:
    drip(dialogue.sock, "\r\n".join(ehlo_lines("AUTH LOGIN XOAUTH2")).replace("250 ", "250-").encode() + b"\r\n")


def _stalled_login(sock: socket.socket, _scene: Scene) -> None:
    hold(sock)


def _dripping_login(sock: socket.socket, _scene: Scene) -> None:
    sock.recv(LARGEST_READ)
    sock.sendall(_SERVER_HELLO_BEGINS)
    drip(sock, b"x")


SMTP_OVER_TLS = (
    HostilePeer(
        name="tls-handshake-stall",
        place=Place.SMTP,
        protocol="TLS",
        does="accepts STARTTLS and does not answer the TLS handshake",
        rule="RFC 8446, section 2: the server answers a ClientHello",
        client="limits the time for the handshake",
        gate="tls",
        serve=mail_server(tls=_stall),
    ),
    HostilePeer(
        name="tls-handshake-drip",
        place=Place.SMTP,
        protocol="TLS",
        does="answers the TLS handshake one octet at a time, and never completes it",
        rule="RFC 8446, section 4.1.3: a ServerHello has a length",
        client="limits the time for the handshake as a whole, not only for one read",
        gate="tls",
        serve=mail_server(tls=_handshake_drip),
    ),
    HostilePeer(
        name="tls-alert-after-handshake",
        place=Place.SMTP,
        protocol="TLS",
        does="completes the TLS handshake and then sends an alert that is not encrypted",
        rule="RFC 8446, section 6: alerts after the handshake are encrypted",
        client="closes the connection without sending a credential",
        gate="auth_offered",
        serve=mail_server(tls=_alert),
    ),
    HostilePeer(
        name="endless-tickets",
        place=Place.SMTP,
        protocol="TLS",
        does="sends session tickets for ever after the TLS handshake",
        rule="RFC 8446, section 4.6.1: a server can send tickets at any time, without a limit",
        client="limits the time for a complete reply even if a single read does not return",
        gate="auth_offered",
        serve=mail_server(tls=_endless_tickets),
    ),
    HostilePeer(
        name="ehlo-drip-over-tls",
        place=Place.SMTP,
        protocol="SMTP",
        does="answers EHLO over TLS with endless lines, one octet in each TLS record",
        rule="RFC 5321, section 4.2.1: the last line of a reply has a space after the code",
        client="limits the time for a complete reply, not only for one read",
        gate="auth_offered",
        serve=mail_server(ehlo_over_TLS=_ehlo_drip),
    ),
)
LOGIN_TLS = (
    HostilePeer(
        name="https-tls-stall",
        place=Place.HTTPS,
        protocol="TLS",
        does="does not answer the TLS handshake",
        rule="RFC 8446, section 2: the server answers a ClientHello",
        client="limits the time for the handshake",
        gate="issuer",
        serve=_stalled_login,
    ),
    HostilePeer(
        name="https-tls-drip",
        place=Place.HTTPS,
        protocol="TLS",
        does="answers the TLS handshake one octet at a time, and never completes it",
        rule="RFC 8446, section 4.1.3: a ServerHello has a length",
        client="limits the time for the handshake as a whole, not only for one read",
        gate="issuer",
        serve=_dripping_login,
    ),
)
