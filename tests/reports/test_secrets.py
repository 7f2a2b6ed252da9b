"""No output contains a secret, even if hostile servers repeat it in every encoding."""

from __future__ import annotations

import html
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

from checks.assessment import Assessment
from knowledge.causes import CATALOGUE
from probes import gather
from probes.deadline import Deadline
from probes.ordinary_words import is_ordinary
from probes.redaction import MARK, Redactor
from probes.transcript import Transcript
from reports import reminder, terminal
from reports.page import render_top
from reports.results import as_text, results
from reports.run import Run
from settings.load import parse
from tests.probe_run import gather_without_errors
from tests.reports.echo_servers import ENCODINGS, Behaviour, EchoServers

DEEP = os.environ.get("SMTP365_DEEP") == "1"
# A deep run tries 2,000 examples for each channel unless SMTP365_CANARIES sets a different number.
EXAMPLES = int(os.environ.get("SMTP365_CANARIES", "2000" if DEEP else "12"))
ROOT = Path(__file__).parents[2]

_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_SHAPES = (
    st.text(_LETTERS, min_size=8, max_size=24),
    st.text(_LETTERS + "~_-.", min_size=40, max_size=40),
    st.text(_LETTERS + "+/", min_size=30, max_size=60).map(lambda text: f"{text}=="),
    st.tuples(*[st.text(_LETTERS + "-_", min_size=30, max_size=300)] * 3).map(".".join),
    st.text("0123456789", min_size=12, max_size=18).map(lambda text: f"7{text}"),
    st.text(_LETTERS + "<>&\"'/`{}%+#? =;:,!$*()[]^|\\~@", min_size=10, max_size=40),
    st.tuples(st.text("0123456789abcdefABCDEF;", min_size=1, max_size=5), st.text(_LETTERS + '<&"=%#?:;ж😀', min_size=9, max_size=20))
    .map("".join),
    st.text("äöüßéèñøłżığİŞçПарольЖщ密码秘暗号😀🔑" + _LETTERS, min_size=8, max_size=30),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Cn", "Co")), min_size=8, max_size=64),
    st.sampled_from([
        "(a+)+$Xq7z", "<b>pass</b>&amp;word", "%50%61ss+Word1", "p%a%s%s W0rd!", "\\u0070ass\\word", "Tr0ub4dor&3", '"quoted\'9x"',
    ]),
)  # fmt: skip
SECRETS = (
    st.one_of(*_SHAPES)
    .map(str.strip)
    .filter(lambda text: len(text) >= 8 and len(set(text)) >= 5 and text not in MARK)
    .filter(lambda text: not is_ordinary(text, 0, len(text)))
)


def budget(number: int = EXAMPLES) -> settings:
    """Return Hypothesis settings that limit the number of examples."""
    phases = (Phase.explicit, Phase.generate)  # shrinking would connect to the servers hundreds of times more
    return settings(
        max_examples=number, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck)
    )


def found_in(text: str, secret: str) -> list[str]:
    """Return the encodings in which the secret occurs in the text, before or after the text is decoded as HTML or JSON."""
    names = []
    views = (text, html.unescape(text), _unescaped(text))
    for name, encode in ENCODINGS.items():
        encoded = encode(secret)
        if name.startswith("base64") or name.endswith("base64"):
            encoded = encoded[4:-6]  # only the middle, because the ends depend on the surrounding text
        if len(encoded) >= 6 and any(encoded in one for one in views):
            names.append(name)
    return names


def _unescaped(text: str) -> str:
    """Return all strings in a JSON document, or any other text with JSON's escapes for markup decoded."""
    try:
        return "\n".join(_leaves(json.loads(text)))
    except ValueError:
        return text.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from _leaves(item)
    elif isinstance(value, list):
        yield "".join(str(item).partition(" ")[2] for item in value)  # reply lines without their codes, joined
        yield "".join(map(str, value))
        for item in value:
            yield from _leaves(item)
    else:
        yield str(value)


# Text that forms an escape sequence together with the first or last characters of the secret.
PARTIAL_ESCAPE = (
    "%",
    "=",
    "\\",
    "\\\\",
    "%4",
    "=3",
    "\\x",
    "\\u",
    "\\u12",
    "\\ud83d",
    "&#",
    "&#x",
    "&#3",
    "&",
    "%25",
    "\\u005c",
)
REST_OF_ESCAPE = ("41", "3D", "u0041", "x41", "\\udd11", "amp;", "#65;", ";", '"', "\\")
SURROUNDING = st.text(_LETTERS + " <>&\"'=%\\/:", max_size=12)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_redacted_in_a_line(encoding: str) -> None:
    """A line of the transcript contains the secret in no encoding, whatever the surrounding text."""

    @budget()
    @given(
        secret=SECRETS,
        before=SURROUNDING | st.sampled_from(PARTIAL_ESCAPE),
        after=SURROUNDING | st.sampled_from(REST_OF_ESCAPE),
    )
    @example(secret="İstanbul-1453-Xq", before="", after="")
    @example(secret="4F=5ä+LA-NEж?mB(xK", before="%", after="41")
    @example(secret="🔑öbBsYzьéRmuUT7", before="so=6\\", after="")
    def holds(secret: str, before: str, after: str) -> None:
        redactor = Redactor()
        redactor.learn(secret)
        transcript = Transcript(Deadline(60), redactor)
        transcript.server(f"250 {before}{ENCODINGS[encoding](secret)}{after}")
        (line,) = transcript.freeze()
        assert found_in(line.text, secret) == []

    holds()


@budget()
@given(secret=SECRETS, start=st.integers(0, 400), length=st.integers(0, 400))
def test_half_of_a_long_secret_is_redacted(secret: str, start: int, length: int) -> None:
    """If a secret has at least sixteen characters, any half of it (or any 24 characters, if fewer) is redacted."""
    assume(len(secret) >= 16 and sum(not character.isprintable() for character in secret) <= 2)
    least = min(24, -(-len(secret) // 2))
    start %= len(secret) - least + 1
    piece = secret[start : start + max(least, length)]
    redactor = Redactor()
    redactor.learn(secret)

    assert piece not in redactor.clean(f"heard {piece} here")


@given(secret=st.text(_LETTERS, min_size=1, max_size=3))
def test_a_short_secret_is_redacted_as_a_whole_word(secret: str) -> None:
    """A secret of up to three characters is redacted only where it is a separate word."""
    redactor = Redactor()
    redactor.learn(secret)

    assert redactor.clean(f"heard: {secret}, really") == f"heard: {MARK}, really"
    assert redactor.clean(f"y{secret}y") == f"y{secret}y"


@given(st.text())
def test_nothing_is_redacted_without_a_secret(text: str) -> None:
    """Text is unchanged if it contains none of the redactor's secrets or if the redactor has no secret."""
    redactor = Redactor()
    assert redactor.clean(text) == text
    redactor.learn("Zq7~unlike-anything-else")
    assert redactor.clean(text) == text


CAUSES = "\n".join(CATALOGUE)
CHANNELS: dict[str, Behaviour] = {
    "mail, message refused": Behaviour(shares=5),  # for six replies
    "mail, sign-in refused": Behaviour(refuse=True),
    "mail, no SMTP": Behaviour(noise=True),
    "token, in claims": Behaviour(refuse=True, entra="claims"),
    "token, in an error": Behaviour(entra="error"),
    "token, in a redirect": Behaviour(entra="redirect"),
    "token, in a page": Behaviour(entra="page"),
    "token, in no HTTP": Behaviour(entra="noise"),
}


def outputs(assessment: Assessment, log: str) -> dict[str, str]:
    """Return every output of a run with this assessment, and the given log."""
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    run = Run(tool_version="0", target="live", started=moment, finished=moment, host="h", senders=(assessment,))
    data = results(run)
    return {
        "results": as_text(data),
        "page": render_top(run, data),
        "terminal": "\n".join(terminal.summary(run, None, "utf-8")),
        "calendar": (reminder.calendar(run) or b"").decode(),
        "log": log,
    }


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_repeated_secret_is_in_no_output(
    channel: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The results, page, terminal output, calendar and log do not contain the secret in any encoding, whole or split over lines."""
    behaviour = CHANNELS[channel]
    caplog.set_level(logging.DEBUG)

    with EchoServers(behaviour, tmp_path).serve() as servers:
        monkeypatch.setenv(
            "SSL_CERT_FILE", str(servers.ca_file)
        )  # loading the system's CA certificates would take a third of each run
        read = parse(servers.settings, tmp_path / "settings.toml")
        sender = read.sender["two" if channel.startswith("token") else "one"]

        def run_with(secret: str) -> dict[str, str]:
            """Return the outputs of one run of the probes against the servers."""
            behaviour.known, behaviour.received[:] = secret, []
            caplog.clear()
            outside = gather.create_context(read, state=None)
            kept = gather_without_errors([sender], outside, gather.secrets_of([sender], {"ONE": secret, "TWO": secret}))
            assert secret in behaviour.received
            return outputs(Assessment(kept[sender.name], read.for_sender(sender)), caplog.text)

        own_words = "\n".join(run_with("Zq7~unlike-anything-else").values()).lower()

        @budget()
        @given(secret=SECRETS)
        def holds(secret: str) -> None:
            # A secret that equals one of our own words would be in the outputs in any case.
            assume(secret.lower() not in own_words and secret.lower() not in CAUSES)
            written_texts = run_with(secret)
            assert {name: found for name, text in written_texts.items() if (found := found_in(text, secret))} == {}
            assert MARK in written_texts["results"]

        holds()


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("Tr0ub4dor&3<b>'%7E", id="signs"),
        pytest.param("пароль-Żółw-秘密-42", id="letters"),
        pytest.param("90417733618254", id="digits"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("entra", ["claims", "error"])
def test_a_whole_run_writes_no_secret_anywhere(secret: str, entra: str, tmp_path: Path) -> None:
    """The secret is in no file name, no written file and no line of output, even with a debug log."""
    behaviour = Behaviour(known=secret, entra=entra, refuse=entra == "error")
    with EchoServers(behaviour, tmp_path).serve() as servers:
        (tmp_path / "settings.toml").write_text(servers.settings, encoding="utf-8")
        out = tmp_path / "out"
        options = [
            "--target=live",
            f"--settings={tmp_path / 'settings.toml'}",
            f"--html={out / 'r.html'}",
            f"--json={out / 'r.json'}",
        ]
        options += [
            f"--junit-xml={out / 'r.xml'}",
            f"--log-file={out / 'r.log'}",
            "--log-level=DEBUG",
            "--showlocals",
            "-rA",
        ]
        environment = {
            **os.environ,
            "ONE": secret,
            "TWO": secret,
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "PYTHONUTF8": "1",
        }
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--try-again", *options]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
        )

    assert done.returncode == 1, done.stdout + done.stderr
    written = {
        path.name: path.read_text(encoding="utf-8") for path in [*out.iterdir(), *(tmp_path / "state").rglob("*.json")]
    }
    assert {"r.html", "r.json", "r.xml", "r.log", "r.ics"} <= set(written)
    written_texts = {"terminal": done.stdout, "errors": done.stderr, **written}
    assert {name: found for name, text in written_texts.items() if (found := found_in(text, secret))} == {}
    assert not [name for name in written_texts if secret in name]
