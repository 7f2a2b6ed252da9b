"""The documented exit codes in order of precedence: 3 internal error, 4 usage, 2 interrupted, 1 failed, 6 not proven, 0 can send."""

from __future__ import annotations

from pytest import ExitCode  # noqa: PT013 - the one name that is needed

from reports.run import Run

INTERNAL_ERROR, USAGE, INTERRUPTED, FAILED, NOT_PROVEN, CAN_SEND = 3, 4, 2, 1, 6, 0


def of(run: Run, pytest_code: int, *, missing: bool = False) -> int:
    """Return the exit code for `run`. `pytest_code` is pytest's own exit code.

    `missing` is true if an output could not be written or contained a secret.
    """
    if missing or pytest_code == ExitCode.INTERNAL_ERROR or run.broke:
        return INTERNAL_ERROR
    if pytest_code in {ExitCode.USAGE_ERROR, ExitCode.NO_TESTS_COLLECTED}:
        return USAGE
    if run.interrupted or pytest_code == ExitCode.INTERRUPTED:
        return INTERRUPTED
    if run.any_failed or pytest_code == ExitCode.TESTS_FAILED:
        return FAILED
    return CAN_SEND if run.verdict == "can_send" else NOT_PROVEN
