"""The exit codes of run.py itself, and its one-line errors."""

import sys

BROKE, USAGE, INTERRUPTED = 3, 4, 2  # the README lists all exit codes


class SetupError(Exception):
    """An error with one line for the user and an exit code."""

    def __init__(self, line: str, code: int = BROKE) -> None:
        super().__init__(line)
        self.code = code


def say(text: str) -> None:
    """Print a line to standard error, because standard output may contain a command's JSON."""
    print(printable(text), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Return the text with control and invisible characters escaped. It may come from the command line, a package index or a path."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
