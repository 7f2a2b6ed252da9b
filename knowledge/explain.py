"""Explains a pasted error, as a command or a function: its cause, who acts, the steps, and how to verify the result."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import textwrap
from typing import TYPE_CHECKING, Final, NoReturn, TypedDict

from knowledge.cause import NOTHING
from knowledge.causes import CATALOGUE, UNRECOGNISED
from knowledge.placeholders import fill
from knowledge.reading import read
from settings import strict_json
from settings.bounded_input import read_stream
from settings.printable import lines as legible_lines
from settings.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import BinaryIO, TextIO

WHO: Final[Mapping[str | None, str]] = {
    "sender": "the owner of the application and its mail settings",
    "exchange": "an Exchange administrator",
    "entra": "an Entra administrator",
    "network": "the network or host team",
    "microsoft": "Microsoft (wait, or open a support case)",
    None: "the owner of the application",
}
USAGE: Final = 4
LARGEST: Final = 1024 * 1024  # bytes of an error text, or of a line with --jsonl
_WIDTH: Final = 100
_SHOWN: Final = 240
_COMMAND: Final = re.compile(r"`[^`]*`")
_NO_BREAK: Final = "\ue000"  # replaces a space in a command while the text is wrapped


class Explained(TypedDict):
    """One cause in the documented JSON format."""

    id: str
    title: str
    meaning: str
    who: str | None
    steps: list[str]
    verify: str
    decide: list[str]


class Explanation(TypedDict):
    """The explanation of an error text: its causes, and whether the text itself identifies the cause."""

    causes: list[Explained]
    sure: bool


def explain(text: str, values: Mapping[str, str] | None = None, client: str | None = None) -> Explanation:
    """Explain a pasted error.

    Takes the text, the values of placeholders (see `knowledge.cause.PLACEHOLDERS`) and, if known, the client's name. Returns the
    causes, likeliest first, in the documented format of the `explain` JSON. Never raises.
    """
    reading = read(text, client)
    known = values or {}
    causes: list[Explained] = []
    for place, name in enumerate(reading.causes):
        entry = fill(CATALOGUE[name], known)
        decide = [fill(line, known) for line in reading.decide] if place == 0 else [*entry.decide]
        causes.append(
            Explained(
                id=entry.id,
                title=entry.title,
                meaning=entry.meaning,
                who=entry.who,
                steps=[*entry.steps],
                verify=entry.verify,
                decide=decide,
            )
        )
    return Explanation(causes=causes, sure=reading.sure)


def _wrap(text: str, first: str, rest: str) -> str:
    # Commands are not wrapped, so that they can be copied.
    whole = _COMMAND.sub(lambda found: found.group().replace(" ", _NO_BREAK), text)
    return textwrap.fill(
        whole, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ).replace(_NO_BREAK, " ")


def _one(cause: Explained, *, number: str) -> list[str]:
    entry = CATALOGUE[cause["id"]]
    lines = [f"{number}{cause['title'][:1].upper()}{cause['title'][1:]}  [{cause['id']}]", ""]
    lines += [_wrap(cause["meaning"], "  ", "  "), "", _wrap(f"Who acts: {WHO[cause['who']]}.", "  ", "  "), ""]
    lines += [_wrap(step, f"  {place}. ", "     ") for place, step in enumerate(cause["steps"], 1)]
    lines += ["", _wrap(f"How to verify: {cause['verify']}", "  ", "  ")]
    closing = (("Takes effect", entry.propagation), ("Risk", entry.risk))
    lines += [_wrap(f"{label}: {text}", "  ", "  ") for label, text in closing if text != NOTHING]
    lines += [_wrap(f"Source (checked on {entry.checked}): {'; '.join(entry.source)}", "  ", "  "), ""]
    return lines


def render(explanation: Explanation, quoted: str = "") -> str:
    """Return an explanation as text for a terminal."""
    causes, sure = explanation["causes"], explanation["sure"]
    first = causes[0]
    lines: list[str] = [f"> {one_line(quoted[:_SHOWN], _SHOWN)}", ""] if quoted else []
    if first["id"] == UNRECOGNISED:
        known = CATALOGUE[UNRECOGNISED].decide
        concerns = [_wrap(line, "", "") for line in first["decide"] if line not in known]
        lines += [*(concerns or ["No rule matches this text."]), ""]
    elif sure:
        lines += ["The text identifies the cause:", ""]
    elif len(causes) == 1:
        lines += ["The most likely cause:", ""]
    else:
        lines += [f"{len(causes)} possible causes, the most likely first:", ""]
        lines += [f"  {place}. {cause['title']}  [{cause['id']}]" for place, cause in enumerate(causes, 1)]
        lines += ["", "How to find the cause:", ""]
        lines += [_wrap(line, "  - ", "    ") for line in first["decide"]]
        lines += [""]
    for place, cause in enumerate(causes, 1):
        lines += _one(cause, number=f"{place}. " if len(causes) > 1 else "")
    return "\n".join(lines)


def _case(line: bytes) -> dict[str, object]:
    case = strict_json.parse(line.decode("utf-8", "replace"))
    if not isinstance(case, dict):
        raise TypeError("not an object")
    if not isinstance(case.get("text"), str):
        raise TypeError('no "text" that is a string')
    if not isinstance(case.get("id"), str | int):
        raise TypeError('no "id"')
    return case


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a stream. Of a line that is too long, only the beginning is kept in memory, which is not valid JSON."""
    while line := stream.readline(LARGEST + 1):
        yield line
        while len(line) > LARGEST and not line.endswith(b"\n"):
            line = stream.readline(LARGEST + 1)


def answer_lines(lines: Iterable[bytes], out: TextIO, complaints: TextIO) -> int:
    """Read lines of the form `{"id","text","client"?}`, and for each write a line `{"id","causes","sure"}` to `out`.

    An invalid line is skipped and reported to `complaints` with its line number. Returns the exit code, 0 or 4.
    """
    code = 0
    for number, line in enumerate(lines, 1):
        if len(line) > LARGEST:
            print(one_line(f"line {number}: skipped, longer than {LARGEST // 1024} KB"), file=complaints)
            code = USAGE
            continue
        stripped = line.removeprefix(b"\xef\xbb\xbf").strip()
        if not stripped:
            continue
        try:
            case = _case(stripped)
        except (ValueError, TypeError) as problem:
            reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
            print(one_line(f"line {number}: skipped, {reason}"), file=complaints)
            code = USAGE
            continue
        client = case.get("client")
        reading = read(str(case["text"]), client if isinstance(client, str) else None)
        print(strict_json.write({"id": case["id"], "causes": [*reading.causes], "sure": reading.sure}), file=out)
    return code


def _standard_input() -> BinaryIO:
    return sys.stdin.buffer


class _Parser(argparse.ArgumentParser):
    """A parser whose errors quote arguments without control characters."""

    def error(self, message: str) -> NoReturn:
        super().error(one_line(message))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with the documented arguments and return its exit code."""
    parser = _Parser(
        prog="explain",
        description="Explain a pasted error: its cause, who acts, and the remedy.",
        exit_on_error=False,
        allow_abbrev=False,
    )
    parser.add_argument("text", nargs="*", help="the error text; default: standard input")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON")
    shape.add_argument(
        "--jsonl", action="store_true", help='read lines {"id","text","client"?} and write lines {"id","causes","sure"}'
    )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console in cp1252 must not stop the output
    try:
        options = parser.parse_args(arguments)
    except (argparse.ArgumentError, SystemExit) as problem:
        if isinstance(problem, SystemExit):
            return USAGE if problem.code else 0
        print(one_line(f"explain: {problem}"), file=sys.stderr)
        return USAGE
    if options.jsonl:
        return answer_lines(_lines(_standard_input()), sys.stdout, sys.stderr)
    given = " ".join(options.text).encode("utf-8", "replace") or read_stream(_standard_input(), LARGEST)
    if given is None:
        print(one_line(f"explain: the text is larger than {LARGEST // 1024} KB; pass only the error"), file=sys.stderr)
        return USAGE
    text = given.decode("utf-8", "replace")
    if not text.strip():
        print("explain: no text; pass it as an argument or on standard input", file=sys.stderr)
        return USAGE
    explanation = explain(text)
    print(
        strict_json.write(explanation, indent=1)
        if options.json
        else legible_lines(render(explanation, read(text).quoted))
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the reader of the output has closed the pipe, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
