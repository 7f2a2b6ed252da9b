"""Stop the program in an orderly way on any signal that asks it to end, so that its servers are closed and its folder is removed."""

import signal
from types import FrameType

# SIGHUP does not exist on Windows, and SIGBREAK (Ctrl-Break) exists only there.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


def stop_on_signals() -> None:
    """Raise KeyboardInterrupt on SIGINT, SIGTERM, SIGHUP and SIGBREAK, where they exist.

    A signal that is already ignored, such as SIGHUP under nohup, stays ignored.
    """
    for number in _present():
        if signal.getsignal(number) in _DEFAULTS:
            signal.signal(number, _stop)


def _present() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]


def _stop(_signal: int, _frame: FrameType | None) -> None:
    for number in _present():  # another signal must not interrupt the clean-up
        if signal.getsignal(number) is _stop:
            signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
