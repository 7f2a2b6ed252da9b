"""The command-line options of smtp365, and their values as `settings.options.Options`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from settings.options import Options

ROOT = Path(__file__).resolve().parents[1]


def add_options(parser: pytest.Parser) -> None:
    """Implement `pytest_addoption`: add the options of smtp365 as a group. The option `--strict` is pytest's own."""
    parser.prog = os.environ.get("SMTP365_PROGRAM", parser.prog)  # run.py names the command that the user wrote
    group = parser.getgroup("smtp365", "can this application, from this machine, send mail through Microsoft 365?")
    add = group.addoption
    add(
        "--target",
        default="fake",
        metavar="fake|live|REPORT|FOLDER",
        help="the built-in tenant (default), the real service, a report to evaluate again, or a folder of reports to merge",
    )
    add("--settings", metavar="FILE", help="the settings file for --target=live (default: settings.toml)")
    add(
        "--sender",
        action="append",
        default=[],
        metavar="NAME",
        help="only this sender; NAME can be a pattern (mail-*) or tag:WORD; repeatable",
    )
    add(
        "--fault", action="append", default=[], metavar="ID", help="simulate a fault in the built-in tenant; repeatable"
    )
    add("--no-send", action="store_true", help="stop after RCPT, so that no message is sent and less is proven")
    add(
        "--try-again",
        action="store_true",
        help="sign in even if the account was tried and not accepted less than 15 minutes ago",
    )
    add(
        "--lookups",
        "--look-ups",
        action="store_true",
        help="look up settings in the built-in tenant (a live run does so if its settings have a [directory] table)",
    )
    add(
        "--admin-sign-in",
        action="store_true",
        help="look up settings in the tenant; an administrator signs in with a code",
    )
    add(
        "--tenant-export",
        metavar="FILE",
        help="look up settings in a file that the PowerShell script in docs/ has exported",
    )
    add("--lookups-for", metavar="REPORT", help="repeat the lookups of an earlier report, without SMTP")
    add("--json", metavar="FILE", help="write the results as JSON")
    add(
        "--mask-identities",
        action="store_true",
        help="mask everything that identifies people, tenants or machines, in every output",
    )
    add("--baseline", metavar="REPORT", help="show what changed since an earlier report")


def options_of(config: pytest.Config) -> Options:
    """Return the values of the command-line options."""
    from settings.options import Options

    return Options(
        target=config.getoption("--target"),
        settings=config.getoption("--settings"),
        senders=tuple(config.getoption("--sender")),
        folder=Path(config.invocation_params.dir),
        root=ROOT,
        strict=bool(getattr(config.option, "strict", False)),
        no_send=config.getoption("--no-send"),
        try_again=config.getoption("--try-again"),
        faults=tuple(config.getoption("--fault")),
        baseline=config.getoption("--baseline"),
        mask=config.getoption("--mask-identities"),
        lookups=config.getoption("--lookups"),
        admin_sign_in=config.getoption("--admin-sign-in"),
        tenant_export=config.getoption("--tenant-export"),
        lookups_for=config.getoption("--lookups-for"),
    )
