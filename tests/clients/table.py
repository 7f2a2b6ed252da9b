"""Write docs/clients.md, which has a table of each client's result in each situation.

`python -m tests.clients.table` runs all clients and writes the page; `test_table` compares the page with new results.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from fakes import Running, healthy, serve
from tests.clients.attempt import Attempt, Client, attempt_of
from tests.clients.situations import (
    EXCEPTIONS,
    KEYS,
    SUBMISSIONS,
    TOKENS,
    Situation,
    key_result,
    submission_result,
    token_result,
)
from tests.clients.smtp_clients import SMTP_CLIENTS
from tests.clients.token_clients import KEY_CLIENTS, TOKEN_CLIENTS, TokenRequest
from tests.fakes.clients import request_token

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
NOT_APPLICABLE = "–"

_HEAD = """\
# Third-party clients

This page shows the result of each client with the built-in tenant in each situation. `python -m tests.clients.table` runs the
clients on loopback and writes the page; a test compares the page with new results. Every client verifies that the certificate
is for Microsoft's host name. The column "expected" contains the result according to Microsoft's pages and published transcripts
of the service.
"""
_SUBMISSION = """
## Sending mail

A result with an enhanced code, such as 535 5.7.139, means that the client prints the complete reply of the server.
"""
_TOKEN = """
## Getting a token
"""
_EXCEPTIONS = """
## Clients with a different result

Without `--verbose`, curl prints the step and at most the reply code, but not the text that contains the cause. swaks before 2024
cannot sign in with a token.
"""
_KEYS = """
## Verifying a token with the published keys
"""


def submission_column(running: Running, client: Client[Attempt], folder: Path) -> list[str]:
    """Return a mail client's results in the order of the situations."""
    column = []
    for situation in SUBMISSIONS:
        running.change(situation.world())
        token = None
        if situation.sender == "oauth":
            token = str(request_token(running)[1]["access_token"]) if client.by_token else None
            if token is None:
                column.append(NOT_APPLICABLE)
                continue
        attempt = attempt_of(running, getattr(running.world, situation.sender), folder, token)
        assert attempt is not None, situation
        column.append(submission_result(client.run(attempt)))
    return column


def token_column(running: Running, client: Client[TokenRequest], folder: Path) -> list[str]:
    """Return a token client's results in the order of the situations."""
    column = []
    for situation in TOKENS:
        running.change(situation.world())
        column.append(token_result(client.run(TokenRequest(running=running, folder=folder))))
    return column


def key_column(running: Running, client: Client[TokenRequest], folder: Path) -> list[str]:
    """Return the results of a token-verifying client in the order of the situations."""
    column = []
    for situation in KEYS:
        running.change(situation.world())
        column.append(key_result(client.run(TokenRequest(running=running, folder=folder))))
    return column


def _section(situations: Sequence[Situation], columns: dict[str, list[str]]) -> str:
    rows = [["situation", "expected", *columns], ["---"] * (2 + len(columns))]
    for place, situation in enumerate(situations):
        rows.append([situation.title, situation.expected_result, *(column[place] for column in columns.values())])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def page(running: Running, folder: Path) -> str:
    """Return the whole page as Markdown."""
    mail = {name: submission_column(running, client, folder) for name, client in SMTP_CLIENTS.items()}
    token = {name: token_column(running, client, folder) for name, client in TOKEN_CLIENTS.items()}
    keys = {name: key_column(running, client, folder) for name, client in KEY_CLIENTS.items()}
    notes = ["| client | situation | result | reason |", "| --- | --- | --- | --- |"]
    notes += [f"| {client} | {title} | {cell} | {why} |" for (client, title), (cell, why) in EXCEPTIONS.items()]
    parts = (
        _HEAD,
        *(_SUBMISSION, _section(SUBMISSIONS, mail)),
        *(_TOKEN, _section(TOKENS, token)),
        *(_KEYS, _section(KEYS, keys)),
        *(_EXCEPTIONS, "\n".join(notes)),
    )
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def committed(heading: str) -> dict[str, list[str]]:
    """Return the columns of the table under a heading in the committed page."""
    _, _, rest = PAGE.read_text("utf-8").partition(f"## {heading}\n")
    lines = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {name: [row[place] for row in rows[2:]] for place, name in enumerate(rows[0])}


def main() -> int:
    """Write the page, unless one of the clients cannot run on this machine."""
    clients: list[tuple[str, Callable[[], str | None]]] = [
        (client.name, client.missing) for client in SMTP_CLIENTS.values()
    ]
    clients += [(client.name, client.missing) for client in (*TOKEN_CLIENTS.values(), *KEY_CLIENTS.values())]
    reasons = [reason for _, missing in clients if (reason := missing())]
    if reasons:
        sys.stderr.write("not written: " + "; ".join(reasons) + "\n")
        return 1
    with tempfile.TemporaryDirectory() as folder, serve(healthy(), folder=Path(folder) / "tenant") as running:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(running, Path(folder)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
