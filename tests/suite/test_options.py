"""Test that an option without an effect on a target leads to exit code 4 and one line of advice."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from checks.assessment import Assessment
from fakes import healthy, serve
from plugin.setup import make_plan
from reports.results import as_text, results
from settings.combinations import RULES
from settings.mistakes import SettingsError
from settings.options import Options
from tests.probes.exported import export
from tests.reports import samples
from tests.suite.test_contract import run

TARGETS = ("fake", "live", "report", "folder", "lookups")
# Whether an option has an effect on a target (`+` yes, `-` no), written by hand.
#                        fake live report folder lookups
TABLE = {
    "--target": "          +    +     +      +      -",
    "--settings": "        -    +     -      -      +",
    "--sender": "          +    +     +      +      +",
    "--fault": "           +    -     -      -      -",
    "--no-send": "         +    +     -      -      -",
    "--try-again": "       -    +     -      -      -",
    "--lookups": "         +    -     -      -      -",
    "--admin-sign-in": "   +    +     -      -      +",
    "--tenant-export": "   +    +     -      -      +",
    "--json": "            +    +     +      +      +",
    "--mask-identities": " +    +     +      +      +",
    "--baseline": "        +    +     +      +      +",
}
PAIRS = [
    pytest.param(option, target, sign == "+", id=f"{option.removeprefix('--')}-{target}")
    for option, signs in TABLE.items()
    for target, sign in zip(TARGETS, signs.split(), strict=True)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that contains settings files, a report, a folder of reports and an export.

    `built-in.toml` is used for the built-in tenant, and the other settings files are used for live runs.
    """
    folder = tmp_path_factory.mktemp("options")
    with serve(healthy(), folder=folder / "tenant", lookups=True) as running:
        text = running.settings_file.read_text(encoding="utf-8")
    for name in ("built-in.toml", "settings.toml", "other.toml"):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "reports").mkdir()
    for place in (folder, folder / "reports"):
        run = samples.run(Assessment(samples.basic(sender="basic"), samples.basic_settings(name="basic")))
        (place / "report.json").write_text(as_text(results(run)), encoding="utf-8")
    (folder / "export.json").write_text(json.dumps(export()), encoding="utf-8")
    return folder


def options_for(option: str, target: str, folder: Path) -> Options:
    """Return the parsed options of a command line with this option and this target."""
    named = {"report": "report.json", "folder": "reports", "lookups": "fake"}.get(target, target)
    plain = Options(target=named, settings=None, senders=(), folder=folder, root=folder, strict=False)
    if target == "lookups":
        plain = dataclasses.replace(plain, lookups_for="report.json")
    changes: dict[str, dict[str, Any]] = {
        "--target": {"target": plain.target if target != "lookups" else "live"},
        "--settings": {"settings": "other.toml"},
        "--sender": {"senders": ("*basic*",)},
        "--fault": {"faults": ("wrong_password",)},
        "--no-send": {"no_send": True},
        "--try-again": {"try_again": True},
        "--lookups": {"lookups": True},
        "--admin-sign-in": {"admin_sign_in": True},
        "--tenant-export": {"tenant_export": "export.json"},
        "--json": {},  # handled by the plugin: every run can write its results
        "--mask-identities": {"mask": True},
        "--baseline": {"baseline": "report.json"},
    }
    return dataclasses.replace(plain, **changes[option])


@pytest.mark.parametrize(("option", "target", "works"), PAIRS)
def test_an_option_has_an_effect_or_ends_the_run(option: str, target: str, works: bool, folder: Path) -> None:
    """An option is accepted for each target on which it has an effect according to the table, and refused with one line for the others."""
    options = options_for(option, target, folder)
    built_in = folder / "built-in.toml" if target == "fake" else None
    if works:
        make_plan(options, {}, built_in)
        return
    with pytest.raises(SettingsError) as problem:
        make_plan(options, {}, built_in)

    (line,) = problem.value.lines
    assert line.startswith(("--lookups-for", option)), line
    assert any(word in line for word in ("write", "leave", "masked")), line


def test_every_smtp365_option_is_in_the_table(request: pytest.FixtureRequest) -> None:
    """The table has a row for every smtp365 option except --lookups-for, which has a column, and the alias --look-ups."""
    parser = request.config._parser  # noqa: SLF001 - pytest has no public list of its options
    ours = {name for option in parser.getgroup("smtp365").options for name in option.names()}

    assert ours == {*TABLE, "--lookups-for", "--look-ups"}
    assert set(RULES) == ours - {"--look-ups"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["--settings=nonexistent.toml"], "--settings works only with --target=live", id="settings"),
        pytest.param(["--try-again"], "--try-again works only with --target=live", id="try again"),
        pytest.param(["--sender=alerts"], "to check a sender in your own settings, write --target=live", id="sender"),
        pytest.param(["--lookups", "--admin-sign-in"], "in one way", id="two ways of looking up"),
        pytest.param(["--target=report.json", "--no-send"], "--no-send works only with --target=live", id="report"),
    ],
)
def test_options_without_effect_exit_4(options: list[str], words: str, folder: Path) -> None:
    """An option without effect leads to exit code 4 and one line of advice, and no report is written."""
    placed = [option.replace("report.json", str(folder / "report.json")) for option in options]
    report = folder / "none.html"
    done = run(*placed, "-p", "no:cacheprovider", f"--html={report}")

    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == 4, done.stdout + done.stderr
    assert len(lines) == 1
    assert words in lines[0]
    assert not report.exists()
