"""Tests of the self-test at the end of a run, and of runs against a server that repeats many invented secrets in every encoding."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import subprocess
import sys
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from probes.encodings import ENCODINGS
from probes.redaction import MARK
from tests.probes.invented import LENGTHS, invented
from tests.reports.echo_servers import Behaviour, EchoServers

DEEP = os.environ.get("SMTP365_DEEP") == "1"
# Secrets in one run: 2,000 in a deep run; SMTP365_CANARIES sets another number.
MANY = int(os.environ.get("SMTP365_CANARIES", "2000" if DEEP else "200"))
ROOT = Path(__file__).parents[2]


def secrets() -> list[str]:
    """Return the invented secrets of one run, whose lengths vary."""
    return [invented(number, LENGTHS[number % len(LENGTHS)]) for number in range(MANY)]


def _parts(spelling: str, count: int) -> list[str]:
    size = -(-len(spelling) // count)
    return [spelling[at : at + size] for at in range(0, len(spelling), size)]


@dataclass(slots=True)
class EveryEncoding(Behaviour):
    """A server that repeats the secret in every encoding, on one line and over two and three lines, spread over its replies."""

    _turns: Counter[str] = field(default_factory=Counter)

    def share(self, secret: str) -> list[str]:
        """Return the lines of the next reply."""
        turn = self._turns[secret]
        self._turns[secret] += 1
        lines = []
        for number, encoding in enumerate(ENCODINGS[turn % 5 :: 5]):
            known = sorted(spelling for spelling in encoding.spell(secret) if spelling.strip())
            spelling = known[(len(secret) + number) % len(known)]
            lines += [f"5.7.0 you said {spelling} did you not"]
            lines += [f"5.7.0 {part}" for part in (*_parts(spelling, 2 + number % 2), "x")]
        return lines


@dataclass(slots=True)
class OneEncoding(Behaviour):
    """A server that repeats each secret once, in one encoding. Every second secret is split over two lines."""

    numbers: dict[str, int] = field(default_factory=dict)
    _turns: Counter[str] = field(default_factory=Counter)

    def share(self, secret: str) -> list[str]:
        """Return the lines of the next reply."""
        self._turns[secret] += 1
        if self._turns[secret] > 1:
            return ["nothing more"]
        number = self.numbers[secret]
        spelling = next(
            iter(ENCODINGS[number // len(LENGTHS) % len(ENCODINGS) if DEEP else number % len(ENCODINGS)].spell(secret))
        )
        return _parts(spelling, 2) if number % 2 else [f"you said {spelling} did you not"]


def run(behaviour: Behaviour, chosen: list[str], folder: Path, *more: str) -> tuple[int, dict[str, str]]:
    """Run the checklist with one sender for each secret. Return the exit code and all outputs, with compressed parts unpacked."""
    with EchoServers(behaviour, folder).serve() as servers:
        head, _, sender = servers.settings.partition("[sender.one]")
        body = sender.partition("[sender.two]")[0]
        tables = [
            f"[sender.s{at}]"
            + body.replace("one@example.test", f"user{at}@example.test").replace("env:ONE", f"env:S{at}")
            for at in range(len(chosen))
        ]
        (folder / "settings.toml").write_text(head + "".join(tables), encoding="utf-8")
        out = folder / "out"
        environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "PYTHONUTF8": "1"}
        environment |= {f"S{at}": secret for at, secret in enumerate(chosen)}
        command = [
            sys.executable, "-m", "pytest", "-q", "--target=live", f"--settings={folder / 'settings.toml'}",
            f"--html={out / 'r.html'}", f"--json={out / 'r.json'}", f"--junit-xml={out / 'r.xml'}",
            "-o", f"cache_dir={folder / 'cache'}", *more,
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=1800, check=False
        )
    files = {
        path.name: path
        for where in (out, folder / "state", folder / "cache")
        for path in where.rglob("*")
        if path.is_file()
    }
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    packed = re.findall(r'application/gzip"[^>]*>([^<]*)<', texts.get("r.html", ""))
    unpacked = [zlib.decompress(base64.b64decode(part), 31).decode() for part in packed]
    return done.returncode, {"printed": done.stdout + done.stderr, **texts, "unpacked": "\n".join(unpacked)}


def held_in(text: str, chosen: list[str]) -> set[str]:
    """Return the secrets that a text contains in any encoding, comparing only letters and digits."""
    known: dict[str, list[tuple[str, str]]] = {}
    for secret in chosen:
        for one in ENCODINGS:
            for spelling in one.spell(secret):
                bare = _bare(spelling)
                if len(bare) >= 6 and not bare.isdigit() and not bare.isalpha():
                    known.setdefault(bare[:6], []).append((bare, secret))
    found: set[str] = set()
    for view in (text, re.sub("<[^>]*>", "", text), html.unescape(text), re.sub("<[^>]*>", "", html.unescape(text))):
        bare = _bare(view)
        for at in range(len(bare) - 5):
            if bare[at : at + 6] in known:
                found |= {secret for spelling, secret in known[bare[at : at + 6]] if bare.startswith(spelling, at)}
    return found


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def test_many_repeated_secrets_are_in_no_output(tmp_path: Path) -> None:
    """Secrets of 6 to 40 characters, repeated in every documented encoding on one line and over several, are in no output."""
    chosen = secrets()

    code, outputs = run(EveryEncoding(), chosen, tmp_path)

    assert code == 1, outputs["printed"][-2000:]
    assert "self-test" not in outputs["printed"]
    assert {name: found for name, text in outputs.items() if (found := held_in(text, chosen))} == {}
    assert outputs["r.json"].count(MARK) > MANY


def test_the_self_test_finds_every_secret_if_the_redaction_is_off(tmp_path: Path) -> None:
    """Without the redaction, the self-test finds each secret in its encoding and masks it in the files, and the exit code is 3."""
    chosen = secrets()
    behaviour = OneEncoding(numbers={secret: number for number, secret in enumerate(chosen)})

    code, outputs = run(behaviour, chosen, tmp_path, "-p", "tests.reports.unredacted")

    lines = [line for line in outputs["printed"].splitlines() if "self-test" in line]
    assert (code, len(lines)) == (3, 1), outputs["printed"][-2000:]
    assert all(name in lines[0] for name in ("r.html", "r.json"))
    assert "(removed)" not in lines[0]
    del outputs["printed"]
    assert {name: found for name, text in outputs.items() if (found := held_in(text, chosen))} == {}
    transcripts = [sender["evidence"]["transcript"] for sender in json.loads(outputs["r.json"])["senders"]]
    assert sum(any(MARK in line["text"] for line in transcript) for transcript in transcripts) == MANY
