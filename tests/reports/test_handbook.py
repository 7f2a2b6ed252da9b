"""The documents under docs/ and the table in README match the catalogues, and their links work."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import get_args

import pytest

from checks.catalogue import CATALOGUE as CHECKS
from docs.handbook import __main__, cause_ids, markdown
from fakes.faults import EVERY_FAULT
from knowledge.cause_ids import CauseId
from knowledge.causes import CATALOGUE as CAUSES
from knowledge.causes import declared
from knowledge.groups import GROUPS
from knowledge.placeholders import fill
from reports.labels import sentence

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*(ROOT / "docs" / "checks").glob("*.md"), *(ROOT / "docs" / "causes").glob("*.md"), ROOT / "docs/README.md"]
)
LINK = re.compile(r"(?<!\\)\]\(([^()\s]+)\)")
CODE = re.compile(r"(`+).+?\1")
MACHINE_PATH = re.compile(r"(?<![\w./:-])/(?:work|tmp|home|root|Users|private|opt|var)/|[A-Za-z]:\\+Users")


def text_of(page: Path) -> str:
    """Return the text of a page."""
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub derives from the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the documents that a test can change."""
    shutil.copytree(ROOT / "docs" / "checks", tmp_path / "docs" / "checks")
    shutil.copytree(ROOT / "docs" / "causes", tmp_path / "docs" / "causes")
    for name in ("README.md", "encodings.md", "hostile-peers.md", "other-ways.md"):
        shutil.copy(ROOT / "docs" / name, tmp_path / "docs" / name)
    shutil.copy(ROOT / "README.md", tmp_path / "README.md")
    (tmp_path / "knowledge").mkdir()
    shutil.copy(ROOT / cause_ids.MODULE, tmp_path / cause_ids.MODULE)
    return tmp_path


def test_committed_documents_are_up_to_date() -> None:
    """The committed documents are identical to newly generated ones."""
    differences = __main__.differences(ROOT)

    assert differences == []


def test_every_check_and_cause_has_a_page_and_a_line_in_the_index() -> None:
    """There is a page for every check and every cause, and the index links to all of them."""
    index = set(LINK.findall(text_of(ROOT / "docs" / "README.md")))
    wanted = {f"checks/{check}.md" for check in CHECKS.checks} | {f"causes/{cause}.md" for cause in CAUSES}

    assert wanted | {"causes/groups.md", "causes/declared.md"} <= index
    assert {page.relative_to(ROOT / "docs").as_posix() for page in PAGES} == wanted | {
        "causes/groups.md",
        "causes/declared.md",
        "README.md",
    }


def test_the_readme_lists_every_check() -> None:
    """The table in README has a row for each check, with the check's title."""
    readme = text_of(ROOT / "README.md")

    for check in CHECKS.checks.values():
        assert f"| [{check.id}](docs/checks/{check.id}.md) | {markdown.escape(check.title)} |" in readme


def test_the_page_about_a_declared_service_is_complete() -> None:
    """The page lists the title and steps of each cause, and each check that does not apply or has a different title."""
    page = text_of(ROOT / markdown.DECLARED_PAGE)
    words = " ".join(page.split())

    for cause in declared().values():
        assert f"[`{cause.id}`]({cause.id}.md)" in page or (cause.id not in CAUSES and f"`{cause.id}`" in page)
        assert markdown.prose(sentence(fill(cause.title, {})).rstrip("."), markdown.DECLARED_PAGE) in words
    listed = {check.id for check in CHECKS.checks.values() if check.microsoft_only or check.declared_title}
    assert {check for check in CHECKS.checks if f"[{check}](../checks/{check}.md)" in page} >= listed
    steps = [step for one in (declared(), declared(at_login=True)) for cause in one.values() for step in cause.steps]
    assert len(re.findall(r"^\d+\. ", page, re.MULTILINE)) >= len(set(steps))


def test_the_page_for_a_cause_is_complete() -> None:
    """The page for a cause lists all its steps, sources and groups, and the date of its last check."""
    for cause in CAUSES.values():
        page = text_of(ROOT / markdown.cause_page(cause.id))

        assert len(re.findall(r"^\d+\. ", page, re.MULTILINE)) == len(cause.steps)
        assert all(source.rpartition(", ")[2] in page for source in cause.source)
        assert all(f"groups.md#{group.id}" in page for group in GROUPS.values() if cause.id in group.causes)
        assert f"Checked on {cause.checked}" in page


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_anchors_resolve(page: Path) -> None:
    """Each link leads to an existing file and each anchor to a heading. In README.md only the generated part is checked."""
    text = text_of(page)
    if page == ROOT / "README.md":
        text = text.partition(__main__.BEGIN)[2].partition(__main__.END)[0]
    targets = [target for target in LINK.findall(CODE.sub("", text)) if "://" not in target]

    assert targets or page.parent.name != "docs"
    for target in targets:
        path, _, anchor = target.partition("#")
        assert (page.parent / path).is_file(), target
        assert not anchor or anchor in anchors(page.parent / path), target


def test_pages_have_no_machine_path_and_no_unfilled_placeholder() -> None:
    """The documents contain no path on this machine, no placeholder in braces and no carriage return."""
    for page in PAGES:
        text = text_of(page)

        assert not MACHINE_PATH.search(text), page
        assert str(ROOT) not in text, page
        assert not re.search(r"\{[a-z_]+\}", text), page
        assert b"\r" not in page.read_bytes(), page


def test_check_option_lists_differences_and_writes_nothing(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--check`, each changed, missing or unexpected file is listed, the exit code is 1, and no file is changed."""
    (checkout / "docs/checks/NET-01.md").write_bytes(b"something else\n")
    (checkout / "docs/causes/dns_failure.md").unlink()
    (checkout / "docs/causes/retired.md").write_text(markdown.MADE, encoding="utf-8")
    before = {file: file.read_bytes() for file in checkout.rglob("*") if file.is_file()}

    code = __main__.main(["--check"], root=checkout)

    printed = capsys.readouterr().out.splitlines()
    assert code == 1
    assert printed[:3] == [
        "differs: docs/checks/NET-01.md",
        "missing: docs/causes/dns_failure.md",
        "unexpected file: docs/causes/retired.md",
    ]
    assert {file: file.read_bytes() for file in checkout.rglob("*") if file.is_file()} == before


def test_an_outdated_type_of_cause_ids_is_reported_and_written(checkout: Path) -> None:
    """An outdated `CauseId` type is reported and regenerated, with the ids in the order of the catalogue."""
    module = checkout / cause_ids.MODULE
    module.write_text(text_of(module).replace('    "port_blocked",\n', ""), encoding="utf-8")

    differences = __main__.differences(checkout)
    __main__.main([], root=checkout)

    assert differences == [f"differs: {cause_ids.MODULE}"]
    assert text_of(module) == text_of(ROOT / cause_ids.MODULE)
    assert get_args(CauseId) == tuple(CAUSES)


def test_an_outdated_readme_table_is_reported(checkout: Path) -> None:
    """An outdated table in README is reported, and generating the documents restores it."""
    readme = checkout / "README.md"
    whole = text_of(readme)
    readme.write_bytes(whole.replace("| [NET-01]", "| [NET-99]").encode())

    differences = __main__.differences(checkout)
    __main__.main([], root=checkout)

    assert differences == ["differs: README.md"]
    assert text_of(readme) == whole


def test_a_readme_without_markers_is_reported(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If README has no markers, the exit code is 1, and the message quotes the missing marker."""
    (checkout / "README.md").write_bytes(b"# smtp365\n")

    code = __main__.main([], root=checkout)

    assert code == 1
    assert __main__.BEGIN in capsys.readouterr().out


def test_writing_removes_only_generated_pages(checkout: Path) -> None:
    """The generated page for a removed cause is deleted, and a file added by hand is kept and reported."""
    (checkout / "docs/causes/retired.md").write_text(f"{markdown.MADE}\n", encoding="utf-8")
    (checkout / "docs/causes/notes.txt").write_text("mine", encoding="utf-8")

    __main__.main([], root=checkout)

    assert not (checkout / "docs/causes/retired.md").exists()
    assert __main__.differences(checkout) == ["unexpected file: docs/causes/notes.txt"]


def test_checks_declare_the_causes_expected_for_faults() -> None:
    """The check that finds a fault declares every cause expected for the fault, unless the check reads the server's reply."""
    unlisted = [
        f"{fault.id}: {expected.check} names {cause}"
        for fault in EVERY_FAULT.values()
        for expected in fault.expected
        for cause in expected.causes
        if cause not in CHECKS.checks[expected.check].causes and not CHECKS.checks[expected.check].reads_reply
    ]

    assert unlisted == []


def test_the_page_for_a_check_lists_its_declared_causes() -> None:
    """The page for a check lists exactly its declared causes, and the page for each of these causes mentions the check."""
    for check in CHECKS.checks.values():
        listed = text_of(ROOT / markdown.check_page(check.id)).partition("## Possible causes")[2]

        assert set(re.findall(r"\(\.\./causes/(\w+)\.md\)", listed)) == set(check.causes), check.id
        assert ("reads the text" in listed) == check.reads_reply, check.id
        assert all(f"{check.id}.md)" in text_of(ROOT / markdown.cause_page(cause)) for cause in check.causes), check.id


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("220 **** and a_b but _c_", r"220 \*\*\*\* and a_b but \_c\_", id="emphasis"),
        pytest.param(
            "<mailbox> | $a$ [x] ~y~", r"\<mailbox> \| \$a\$ \[x\] \~y\~", id="markup, table, mathematics, link"
        ),
        pytest.param(r"HKLM\SYSTEM &lt; R&D", r"HKLM\\SYSTEM \&lt; R&D", id="backslash and entity"),
        pytest.param("# one", r"\# one", id="heading"),
        pytest.param("1. one", r"1\. one", id="list"),
        pytest.param(
            "- see RFC 5321", r"\- see [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321)", id="list with a link"
        ),
        pytest.param("a `$ b | <c>` d", "a `$ b | <c>` d", id="command"),
        pytest.param("check AUTH-01, not AUTH-99", "check [AUTH-01](../checks/AUTH-01.md), not AUTH-99", id="check"),
        pytest.param("see dns_failure", "see [`dns_failure`](dns_failure.md)", id="cause"),
        pytest.param("at https://a.example/b_c_.", "at <https://a.example/b_c_>.", id="address"),
        pytest.param("https://a.example/<tenant id>/v2", "`https://a.example/<tenant id>/v2`", id="address with a gap"),
        pytest.param("odd ` tick", r"odd \` tick", id="a lone backtick"),
    ],
)
def test_prose_is_escaped_for_github(text: str, written: str) -> None:
    """Markup characters in a catalogue text are escaped, and checks, causes, RFCs and URLs become links."""
    shown = markdown.prose(text, "docs/causes/x.md")

    assert shown == written


def test_a_vertical_bar_in_a_cell_is_escaped() -> None:
    """A vertical bar in a table cell is escaped even in a code span, as GitHub requires."""
    lines = markdown.table(("a",), [("`x | y`",), (r"x \| y",)])

    assert lines == ["| a |", "| --- |", r"| `x \| y` |", r"| x \| y |"]
