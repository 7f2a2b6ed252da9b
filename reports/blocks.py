"""Layout blocks for evidence: tables, name-value pairs and verbatim text. This module evaluates and escapes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.failure import Failure
from evidence.wire import Certificate, TlsEvidence


@dataclass(frozen=True, slots=True)
class Block:
    """A table with a caption and headers, a list of name-value pairs (no headers), or a verbatim text."""

    title: str
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The evidence of one gate: a summary line and the details."""

    title: str
    summary: str
    blocks: tuple[Block, ...]


def table(title: str, headers: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Block:
    """Return a table block without the columns that are empty in every row."""
    kept = [index for index in range(len(headers)) if any(row[index] for row in rows)]
    return Block(
        title, tuple(headers[index] for index in kept), tuple(tuple(row[index] for index in kept) for row in rows)
    )


def pairs(title: str, *values: tuple[str, str]) -> Block:
    """Return a block of the name-value pairs whose value is not empty."""
    return Block(title, rows=tuple(pair for pair in values if pair[1]))


def certificates(evidence: TlsEvidence) -> Block:
    """Return the certificate chain as a table, in the order in which the server sent it."""
    rows = tuple(_certificate(certificate) for certificate in evidence.chain)
    return table(
        "Certificate chain as presented by the server",
        ("Subject", "Issued by", "Valid from", "Valid until", "Names", "SHA-256"),
        rows,
    )


def _certificate(certificate: Certificate) -> tuple[str, ...]:
    names = ", ".join(certificate.names[:8]) + (
        f" and {len(certificate.names) - 8} more" if len(certificate.names) > 8 else ""
    )
    issuer = "itself" if certificate.self_signed else certificate.issuer
    dates = (f"{certificate.not_before:%Y-%m-%d %H:%M}", f"{certificate.not_after:%Y-%m-%d %H:%M}")
    return (certificate.subject, issuer, *dates, names, certificate.sha256)


def failure_text(failure: Failure | None) -> str:
    """Return a failure as text such as `: timeout (timed out)`, or an empty string if there is none."""
    return (
        ""
        if failure is None
        else f": {failure.kind.value.replace('_', ' ')}{f' ({failure.text})' if failure.text else ''}"
    )
