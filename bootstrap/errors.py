"""The exit codes of run.py itself, its one-line errors, and how it prints them."""

import sys

BROKE, USAGE, INTERRUPTED = 3, 4, 2  # the README lists all exit codes


class SetupError(Exception):
    """One line for the user, and the exit code that goes with it."""

    def __init__(self, line: str, code: int = BROKE) -> None:
        super().__init__(line)
        self.code = code


def say(text: str) -> None:
    """Print a line to standard error, because standard output may be a program's JSON."""
    print(text, file=sys.stderr, flush=True)
