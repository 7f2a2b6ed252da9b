"""The documented exit codes by precedence: 3 broke, 4 usage, 2 interrupted, 1 failed, 6 not proven, 0 can send."""

from __future__ import annotations

from pytest import ExitCode  # noqa: PT013 - the one name that is needed

from reports.run import Run

BROKE, USAGE, INTERRUPTED, FAILED, NOT_PROVEN, CAN_SEND = 3, 4, 2, 1, 6, 0


def of(run: Run, pytests: int, *, missing: bool = False) -> int:
    """Return the exit code for `run`. `pytests` is pytest's own exit code; `missing` says that an output could not be written."""
    if missing or pytests == ExitCode.INTERNAL_ERROR or run.broke:
        return BROKE
    if pytests in {ExitCode.USAGE_ERROR, ExitCode.NO_TESTS_COLLECTED}:
        return USAGE
    if run.interrupted or pytests == ExitCode.INTERRUPTED:
        return INTERRUPTED
    if run.any_failed or pytests == ExitCode.TESTS_FAILED:
        return FAILED
    return CAN_SEND if run.verdict == "can_send" else NOT_PROVEN
