"""--sender: names, patterns and tags mean the senders one would think, and what means nobody is told with what is near."""

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

MEANT: dict[str, tuple[list[str], list[str]]] = {
    "nothing said": ([], list(TAGS)),
    "a name": (["contoso-scan"], ["contoso-scan"]),
    "a pattern": (["contoso-*"], ["contoso-alerts", "contoso-scan"]),
    "in the file's order, once": (["*-alerts", "contoso-*"], ["contoso-alerts", "contoso-scan", "fabrikam-alerts"]),
    "case counts": (["[Ff]abrikam-*"], ["fabrikam-alerts", "Fabrikam-old"]),
    "a tag": (["tag:nightly"], ["contoso-alerts", "fabrikam-alerts"]),
    "a pattern of tags": (["tag:site-*"], ["contoso-alerts", "contoso-scan", "plan[b]"]),
    "a name with a pattern's signs": (["plan[b]"], ["plan[b]"]),
}


@pytest.mark.parametrize("case", MEANT)
def test_texts_mean_senders(case: str) -> None:
    """Exact names go first; the order is the file's."""
    texts, names = MEANT[case]

    assert [sender.name for sender in chosen(SENDERS, texts)] == names


NOBODY = {
    "contoso-alert": "no such sender; did you mean contoso-alerts",
    "CONTOSO-SCAN": "did you mean contoso-scan",
    "contso-*": "no sender matches",
    "zzz*": "no sender matches; the settings have contoso-alerts, contoso-scan",
    "tag:nightli": "no such tag; did you mean nightly?",
    "tag:": "no such tag; the settings have nightly, site-graz, site-linz",
}


@pytest.mark.parametrize("text", NOBODY)
def test_what_means_nobody_is_told(text: str) -> None:
    """One line for each text, also when another text means somebody."""
    with pytest.raises(SettingsError) as problem:
        chosen(SENDERS, ["contoso-scan", text])

    (line,) = problem.value.lines
    assert line.startswith(f"--sender={text}: ")
    assert NOBODY[text] in line


def test_a_thousand_names_are_not_all_shown() -> None:
    """The line stays a line."""
    many = {f"s{number}": SENDERS["contoso-scan"] for number in range(1000)}
    with pytest.raises(SettingsError) as problem:
        chosen(many, ["elsewhere"])

    assert len(problem.value.lines[0]) < 200
    assert "and 988 more" in problem.value.lines[0]


@given(st.lists(st.text(min_size=1, max_size=12), max_size=4))
def test_any_texts_choose_or_explain(texts: list[str]) -> None:
    """Whatever is written: some senders of the file in its order, or a line for each text that means none."""
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


def test_a_pattern_that_matches_nothing_ends_with_4(tmp_path: Path) -> None:
    """Nothing is contacted, and there is no report that could pass for a good one."""
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
