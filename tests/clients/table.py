"""docs/clients.md: what every client saw in every situation, made by running them all.

`python -m tests.clients.table` writes it; `test_table` holds it to what the clients see.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from fakes import Running, healthy, serve
from tests.clients.attempt import Attempt, Client, attempt_of
from tests.clients.situations import (
    KEYS,
    OTHERWISE,
    SUBMISSIONS,
    TOKENS,
    Situation,
    key_seen,
    submission_seen,
    token_seen,
)
from tests.clients.smtp_clients import SMTP_CLIENTS
from tests.clients.token_clients import KEY_CLIENTS, TOKEN_CLIENTS, Asking
from tests.fakes.clients import request_token

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
NO_TOKEN_HERE = "–"

_HEAD = """\
# Clients that nobody here wrote

What each saw of the built-in tenant in each situation. Made by `python -m tests.clients.table`, which runs them all on
loopback; a test compares. Every client verifies the certificate, for the name that Microsoft's servers have. "Must see" is
what Microsoft's pages and published transcripts of the service tell.
"""
_SUBMISSION = """
## Sending mail

A code is what the client shows of the server's answer, which is complete where the enhanced code stands.
"""
_TOKEN = """
## Getting a token
"""
_OTHERWISE = """
## Where a client sees something else

- curl without `--verbose`: the step and at most the reply code; the sentence that names the cause is lost.
- swaks, token: –, for it signs in with a password only (before 2024).
"""
_KEYS = """
## Verifying a token with the published keys
"""


def submission_column(running: Running, client: Client[Attempt], folder: Path) -> list[str]:
    """What a mail client sees in each situation, in their order."""
    column = []
    for situation in SUBMISSIONS:
        running.change(situation.world())
        token = None
        if situation.sender == "oauth":
            token = str(request_token(running)[1]["access_token"]) if client.by_token else None
            if token is None:
                column.append(NO_TOKEN_HERE)
                continue
        attempt = attempt_of(running, getattr(running.world, situation.sender), folder, token)
        assert attempt is not None, situation
        column.append(submission_seen(client.run(attempt)))
    return column


def token_column(running: Running, client: Client[Asking], folder: Path) -> list[str]:
    """What a token client sees in each situation, in their order."""
    column = []
    for situation in TOKENS:
        running.change(situation.world())
        column.append(token_seen(client.run(Asking(running=running, folder=folder))))
    return column


def key_column(running: Running, client: Client[Asking], folder: Path) -> list[str]:
    """What a client that verifies tokens says of one in each situation, in their order."""
    column = []
    for situation in KEYS:
        running.change(situation.world())
        column.append(key_seen(client.run(Asking(running=running, folder=folder))))
    return column


def _section(situations: Sequence[Situation], columns: dict[str, list[str]]) -> str:
    rows = [["situation", "must see", *columns], ["---"] * (2 + len(columns))]
    for place, situation in enumerate(situations):
        rows.append([situation.title, situation.sees, *(column[place] for column in columns.values())])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def page(running: Running, folder: Path) -> str:
    """The whole page."""
    mail = {name: submission_column(running, client, folder) for name, client in SMTP_CLIENTS.items()}
    token = {name: token_column(running, client, folder) for name, client in TOKEN_CLIENTS.items()}
    keys = {name: key_column(running, client, folder) for name, client in KEY_CLIENTS.items()}
    notes = [f"- {client}, {title}: {cell}, for {why}." for (client, title), (cell, why) in OTHERWISE.items()]
    parts = (
        _HEAD,
        *(_SUBMISSION, _section(SUBMISSIONS, mail)),
        *(_TOKEN, _section(TOKENS, token)),
        *(_KEYS, _section(KEYS, keys)),
        *(_OTHERWISE, "\n".join(notes)),
    )
    return "\n".join(part.strip("\n") + "\n" for part in parts).replace("(before 2024).\n\n- ", "(before 2024).\n- ")


def committed(heading: str) -> dict[str, list[str]]:
    """A table of the committed page, by column."""
    _, _, rest = PAGE.read_text("utf-8").partition(f"## {heading}\n")
    lines = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {name: [row[place] for row in rows[2:]] for place, name in enumerate(rows[0])}


def main() -> int:
    """Write the page, unless a client is missing."""
    everyone: list[tuple[str, Callable[[], str | None]]] = [
        (client.name, client.missing) for client in SMTP_CLIENTS.values()
    ]
    everyone += [(client.name, client.missing) for client in (*TOKEN_CLIENTS.values(), *KEY_CLIENTS.values())]
    reasons = [reason for _, missing in everyone if (reason := missing())]
    if reasons:
        sys.stderr.write("not written: " + "; ".join(reasons) + "\n")
        return 1
    with tempfile.TemporaryDirectory() as folder, serve(healthy(), folder=Path(folder) / "tenant") as running:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(running, Path(folder)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
