"""An SMTP server that offers STARTTLS and has the codes of a healthy session. Its replies, except prompts, have more than 120 lines."""

from __future__ import annotations

import contextlib
import random
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

HOST = "127.0.0.1"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789<>&\"' "
_LINES = 125


@contextmanager
def verbose_server(folder: Path, line: int) -> Iterator[int]:
    """Serve replies with lines of this length on loopback, write the root certificate to `root.pem` in the folder, and yield the port."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "root.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=_serve, args=(client, context, line), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _serve(sock: socket.socket, context: ssl.SSLContext, longest: int) -> None:
    with sock, contextlib.suppress(OSError):
        _converse(sock, context, longest)


def _converse(sock: socket.socket, context: ssl.SSLContext, longest: int) -> None:
    if not isinstance(sock, ssl.SSLSocket):
        sock.sendall(_reply(220, longest))
    while line := _line(sock):
        command = line.split(b" ")[0].strip().upper()
        if command == b"EHLO":
            keyword = b"AUTH LOGIN XOAUTH2" if isinstance(sock, ssl.SSLSocket) else b"STARTTLS"
            sock.sendall(_reply(250, longest, b"250-" + keyword + b"\r\n"))
        elif command == b"STARTTLS":
            sock.sendall(_reply(220, longest))
            with context.wrap_socket(sock, server_side=True) as secured:
                _converse(secured, context, longest)
            return
        elif command == b"AUTH":
            for prompt in (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"):
                sock.sendall(prompt)
                _line(sock)
            sock.sendall(_reply(235, longest))
        elif command == b"DATA":
            sock.sendall(_reply(354, longest))
            while _line(sock) != b".\r\n":
                pass
            sock.sendall(_reply(250, longest))
        else:
            sock.sendall(_reply(221 if command == b"QUIT" else 250, longest))
            if command == b"QUIT":
                return


def _reply(code: int, longest: int, second: bytes = b"") -> bytes:
    draw = random.Random()  # noqa: S311 - not used for secrets
    prefix = str(code).encode() + b"-"
    filler = (bytes(draw.choices(_LETTERS, k=longest)) for _ in range(_LINES))
    lines = b"".join(prefix + line + b"\r\n" for line in filler)
    return prefix + b"2.0.0 ready\r\n" + second + lines + str(code).encode() + b" 2.0.0 end\r\n"


def _line(sock: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\n"):
        octet = sock.recv(1)
        if not octet:
            return b""
        received += octet
    return received
