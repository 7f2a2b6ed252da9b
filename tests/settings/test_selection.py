"""The option --sender selects senders by name, pattern or tag, and a value without a match is reported with similar names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.load import parse
from settings.mistakes import SettingsError
from settings.model import Sender
from settings.selection import chosen

ROOT = Path(__file__).resolve().parents[2]
TAGS = {
    "contoso-alerts": ["nightly", "site-graz"],
    "contoso-scan": ["site-linz"],
    "fabrikam-alerts": ["nightly"],
    "Fabrikam-old": [],
    "plan[b]": ["site-graz"],
}
FILE = "".join(
    f'[sender."{name}"]\nauthentication_type = "Basic"\nusername = "{number}@example.com"\ntags = {tags}\n'
    for number, (name, tags) in enumerate(TAGS.items())
)
SENDERS = parse(FILE, Path("settings.toml")).sender

SELECTIONS: dict[str, tuple[list[str], list[str]]] = {
    "no option": ([], list(TAGS)),
    "a name": (["contoso-scan"], ["contoso-scan"]),
    "a pattern": (["contoso-*"], ["contoso-alerts", "contoso-scan"]),
    "in the order of the file, each once": (
        ["*-alerts", "contoso-*"],
        ["contoso-alerts", "contoso-scan", "fabrikam-alerts"],
    ),
    "case-sensitive": (["[Ff]abrikam-*"], ["fabrikam-alerts", "Fabrikam-old"]),
    "a tag": (["tag:nightly"], ["contoso-alerts", "fabrikam-alerts"]),
    "a pattern of tags": (["tag:site-*"], ["contoso-alerts", "contoso-scan", "plan[b]"]),
    "a name with the characters of a pattern": (["plan[b]"], ["plan[b]"]),
}


@pytest.mark.parametrize("case", SELECTIONS)
def test_selection_of_senders(case: str) -> None:
    """An exact name takes precedence over a pattern, and the selected senders are in the order of the file."""
    texts, names = SELECTIONS[case]

    assert [sender.name for sender in chosen(SENDERS, texts)] == names


NO_MATCH = {
    "contoso-alert": "no such sender; did you mean contoso-alerts",
    "CONTOSO-SCAN": "did you mean contoso-scan",
    "contso-*": "no sender matches",
    "zzz*": "no sender matches; the settings have contoso-alerts, contoso-scan",
    "tag:nightli": "no such tag; did you mean nightly?",
    "tag:": "no such tag; the settings have nightly, site-graz, site-linz",
}


@pytest.mark.parametrize("text", NO_MATCH)
def test_text_without_a_match_is_reported(text: str) -> None:
    """A value that matches no sender is reported on one line, even if another value matches."""
    with pytest.raises(SettingsError) as problem:
        chosen(SENDERS, ["contoso-scan", text])

    (line,) = problem.value.lines
    assert line.startswith(f"--sender={text}: ")
    assert NO_MATCH[text] in line


def test_long_list_of_names_is_shortened() -> None:
    """The line stays short even if the settings contain a thousand names."""
    many = {f"s{number}": SENDERS["contoso-scan"] for number in range(1000)}
    with pytest.raises(SettingsError) as problem:
        chosen(many, ["elsewhere"])

    assert len(problem.value.lines[0]) < 200
    assert "and 988 more" in problem.value.lines[0]


@given(st.lists(st.text(min_size=1, max_size=12), max_size=4))
def test_any_texts_select_or_explain(texts: list[str]) -> None:
    """Any values of --sender either select senders in the order of the file or lead to at most one line for each value."""
    names = list(SENDERS)
    lines: tuple[str, ...] = ()
    found: tuple[Sender, ...] = ()
    try:
        found = chosen(SENDERS, texts)
    except SettingsError as problem:
        lines = problem.lines
    places = [names.index(sender.name) for sender in found]

    assert bool(places) != bool(lines)
    assert places == sorted(places)
    assert len(lines) <= len(set(texts))


def test_unmatched_pattern_exits_with_code_4(tmp_path: Path) -> None:
    """If a value of --sender matches nothing, the exit code is 4 and no report is written."""
    (tmp_path / "settings.toml").write_text(FILE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--target=live", f"--settings={tmp_path / 'settings.toml'}"]
    done = subprocess.run(
        [*command, "--sender=tag:nightlyy", f"--html={tmp_path / 'r.html'}", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 4, done.stdout + done.stderr
    assert "did you mean nightly?" in done.stderr
    assert not (tmp_path / "r.html").exists()
