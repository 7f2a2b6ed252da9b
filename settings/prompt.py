"""Asks for a secret on the terminal, once per account, and only if the terminal can hide the input."""

from __future__ import annotations

import getpass
import sys
import warnings

from settings.printable import one_line
from settings.secret import DIRECTORY, Found, Secret, SecretKey


def on_terminal() -> bool:
    """Return whether standard input is a terminal. pytest replaces standard input while it captures, so suspend the capture first."""
    return sys.stdin is not None and sys.stdin.isatty()


class Prompt:
    """Asks for secrets and keeps the answers, so that the user is asked only once for senders with the same account."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Found] = {}

    def ask(self, sender: str, key: SecretKey, account: str) -> Found:
        """Return the secret of `account`. The question names the sender or the auditor application. Raises KeyboardInterrupt on Ctrl-C."""
        known = (key, account.casefold() or f"sender {sender}")
        if known not in self._answers:
            whose = "the auditor application in [directory]" if sender == DIRECTORY else f"sender {sender}"
            self._answers[known] = _typed(f"{key.replace('_', ' ')} for {whose} (not shown):")
        return self._answers[known]


def _typed(question: str) -> Found:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            value = getpass.getpass(f"{one_line(question)} ")
    except KeyboardInterrupt:
        _end_line()
        raise
    except EOFError:
        _end_line()
        value = ""
    except getpass.GetPassWarning:
        return Found(None, "prompt: the question was not asked, because this terminal cannot hide the answer")
    except UnicodeError:
        return Found(None, "prompt: the answer is not in this terminal's encoding")
    except OSError as problem:
        return Found(None, f"prompt: the terminal cannot be read: {problem.strerror or type(problem).__name__}")
    return Found(Secret(value), "prompt") if value else Found(None, "prompt: nothing was entered")


def _end_line() -> None:
    if sys.stderr is not None:
        sys.stderr.write("\n")
        sys.stderr.flush()
