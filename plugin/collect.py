"""Generates one test for each check of each sender, and gathers the evidence after pytest has selected the tests.

With pytest-xdist, only the controller gathers evidence. Workers receive the frozen evidence, hold no secret and open no socket.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from plugin.stash import SESSION, TENANT

if TYPE_CHECKING:
    from checks.model import Finding


def generate_tests(metafunc: pytest.Metafunc) -> None:
    """Implement `pytest_generate_tests`: generate one test for each check of each sender."""
    if SESSION not in metafunc.config.stash or "finding" not in metafunc.fixturenames:
        return
    pairs = metafunc.config.stash[SESSION].plan.pairs
    metafunc.parametrize(("sender", "check_id"), pairs, ids=[f"{sender}-{check}" for sender, check in pairs])


def gather_selected(session: pytest.Session) -> None:
    """Implement `pytest_collection_finish`: gather evidence for the senders of the selected tests.

    With `--collect-only` or with workers, nothing is gathered here.
    """
    config = session.config
    if SESSION not in config.stash or config.stash[SESSION].plan.is_worker:
        return
    if config.option.collectonly or _is_distributed(config):
        return
    chosen = (item.callspec.params.get("sender") for item in session.items if hasattr(item, "callspec"))
    _gather(config, {sender for sender in chosen if isinstance(sender, str)})


def gather_for_workers(config: pytest.Config) -> None:
    """Implement `pytest_xdist_setupnodes`: gather the evidence before the first worker starts, and hide the secrets from the workers.

    The workers inherit the environment, and they need no secret.
    """
    if SESSION not in config.stash:
        return
    from plugin.hidden_variables import hide

    _gather(config, {sender.name for sender in config.stash[SESSION].plan.senders})
    config.add_cleanup(hide(config.stash[SESSION].plan.source.variables))


def gather_for_worker(node: Any) -> None:  # noqa: ANN401 - xdist's WorkerController is not public
    """Implement `pytest_configure_node`: send the evidence to a worker."""
    if SESSION not in node.config.stash:
        return
    from plugin.xdist import for_workers

    session = node.config.stash[SESSION]
    node.workerinput["smtp365"] = for_workers(session)


def scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - xdist's types are its own
    """Implement `pytest_xdist_make_scheduler`: in the mode `load`, the default with `-n`, one worker runs all checks of a sender.

    For any other mode, pytest-xdist's own scheduler is used.
    """
    if SESSION not in config.stash or config.getvalue("dist") != "load":
        return None
    from plugin.xdist import BySender

    return BySender(config, log)


def finding(config: pytest.Config, sender: str, check: str) -> Finding:
    """Return the finding of one check for one sender."""
    return config.stash[SESSION].finding(sender, check)


def _gather(config: pytest.Config, senders: AbstractSet[str]) -> None:
    """Gather the evidence, then stop the built-in tenant, if there is one, because it is no longer needed."""
    from plugin import outputs

    config.stash[SESSION].gather(senders, outputs.progress(config), lambda: _terminal(config))
    if TENANT in config.stash:
        config.stash[TENANT].end()


@contextmanager
def _terminal(config: pytest.Config) -> Iterator[None]:
    """Give standard input back to the user for the duration of the block. Outside it, pytest captures standard input."""
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    if capture is None:
        yield
        return
    capture.suspend_global_capture(in_=True)
    try:
        yield
    finally:
        capture.resume_global_capture()
        capture.suspend_global_capture()  # between collection and tests only standard input is captured


def _is_distributed(config: pytest.Config) -> bool:
    return bool(getattr(config.option, "dist", "no") != "no" and getattr(config.option, "tx", None))
