"""Explain a pasted error, as a command or a function: its causes, who acts, the steps, and how to verify the result."""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from knowledge.clients import CLIENTS, named
from knowledge.explanation import answer, explain
from knowledge.methods import Method, narrowed
from knowledge.reading import read
from knowledge.screen import render
from settings import strict_json
from settings.bounded_input import read_stream
from settings.printable import lines as legible_lines
from settings.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO, TextIO

__all__ = ["answer_lines", "explain", "main", "render"]

USAGE: Final = 4
LARGEST: Final = 1024 * 1024  # bytes of an error text, or of a line with --jsonl


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
    """Yield the lines of a stream. A line that is too long is cut off, and the rest of it is discarded."""
    while line := stream.readline(LARGEST + 1):
        yield line
        while len(line) > LARGEST and not line.endswith(b"\n"):
            line = stream.readline(LARGEST + 1)


def answer_lines(
    lines: Iterable[bytes],
    out: TextIO,
    complaints: TextIO,
    client: str | None = None,
    method: Method | None = None,
) -> int:
    """Read lines of the form `{"id","text","client"?}`, and for each of them write a line with the id and the reading to `out`.

    `client` and `method` apply to every line; the client of a line takes precedence. An invalid line is skipped and reported to
    `complaints` with its line number. Returns 4 if there was an invalid line, otherwise 0.
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
        own = case.get("client")
        reading = read(str(case["text"]), own if isinstance(own, str) else client, method)
        line_of_answer = {
            "id": case["id"],
            "causes": [*narrowed(reading.causes, method)],
            "sure": reading.sure,
            "speaker": reading.speaker,
            "gate": reading.gate,
            "evidence": [*reading.evidence],
        }
        print(strict_json.write(line_of_answer), file=out)
    return code


def _standard_input() -> BinaryIO:
    return sys.stdin.buffer


class _Parser(argparse.ArgumentParser):
    """An argument parser that escapes control characters in its error messages."""

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
        "--jsonl",
        action="store_true",
        help='read lines {"id","text","client"?} and write lines {"id","causes","sure","speaker","gate","evidence"}',
    )
    parser.add_argument(
        "--full", action="store_true", help="print every cause with its steps and sources, not one screen"
    )
    method = parser.add_mutually_exclusive_group()
    method.add_argument("--basic", action="store_true", help="the application signs in with a password")
    method.add_argument("--oauth", action="store_true", help="the application signs in with a token")
    parser.add_argument("--client", metavar="NAME", help="the mail client or library: " + ", ".join(CLIENTS))
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
    chosen: Method | None = "basic" if options.basic else "oauth" if options.oauth else None
    if options.jsonl:
        return answer_lines(_lines(_standard_input()), sys.stdout, sys.stderr, options.client, chosen)
    given = " ".join(options.text).encode("utf-8", "replace") or read_stream(_standard_input(), LARGEST)
    if given is None:
        print(one_line(f"explain: the text is larger than {LARGEST // 1024} KB; pass only the error"), file=sys.stderr)
        return USAGE
    text = given.decode("utf-8", "replace")
    if not text.strip():
        print("explain: no text; pass it as an argument or on standard input", file=sys.stderr)
        return USAGE
    if options.client is not None and named(options.client) is None:
        print(
            one_line(f"explain: no steps for the client {options.client}; known: {', '.join(CLIENTS)}"), file=sys.stderr
        )
    given_answer = answer(text, client=options.client, method=chosen)
    print(
        strict_json.write(given_answer.explanation, indent=1)
        if options.json
        else legible_lines(render(given_answer.explanation, given_answer.quoted, full=options.full))
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the reader of the output has closed the pipe, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
