"""By default, the answer of `explain` fits on one screen of 80 columns. With `--full`, it contains every step and source."""

import unicodedata

import pytest

from knowledge.causes import CATALOGUE, UNRECOGNISED
from knowledge.explanation import Explanation, answer
from knowledge.groups import GROUPS, Group
from knowledge.screen import render
from tests.knowledge.cases import COLLECTED, DOTNET, GIVEN, GIVEN_SECOND, OWN, Case

ROWS = 45
COLUMNS = 80
CASES = [*GIVEN, *GIVEN_SECOND, *OWN, *COLLECTED, *DOTNET]


def _rows(shown: str) -> int:
    """Return the rows that a text takes on a terminal of 80 columns, where East Asian characters take two columns."""
    widths = (
        sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line) for line in shown.split("\n")
    )
    return sum(max(1, -(-width // COLUMNS)) for width in widths)


def _screen(case: Case, *, full: bool = False) -> str:
    found = answer(case.text, client=case.client)
    return render(found.explanation, found.quoted, full=full)


def test_every_labelled_text_is_answered_on_one_screen() -> None:
    """The answer to each labelled text takes at most 45 rows."""
    assert [(case.id, rows) for case in CASES if (rows := _rows(_screen(case))) > ROWS] == []


@pytest.mark.parametrize("cause", [cause for cause in CATALOGUE if cause != UNRECOGNISED])
def test_every_cause_is_answered_on_one_screen(cause: str) -> None:
    """The answer with one cause takes at most 45 rows and contains the meaning, the owner and the first step."""
    entry = CATALOGUE[cause]
    explained = {
        "id": cause,
        "title": entry.title,
        "meaning": entry.meaning,
        "who": entry.who,
        "steps": [*entry.steps],
        "verify": entry.verify,
        "decide": [*entry.decide],
    }
    explanation: Explanation = {
        "causes": [explained],  # type: ignore[list-item]
        "sure": True,
        "speaker": "microsoft",
        "gate": "sign_in",
        "evidence": [],
    }

    shown = render(explanation, "the line that decided " * 10)

    assert _rows(shown) <= ROWS
    flat = " ".join(shown.split())
    assert all(" ".join(part.split()) in flat for part in (entry.meaning, "Who acts: ", entry.steps[0]))


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_every_group_is_answered_on_one_screen(group: Group) -> None:
    """The answer for a group fits on one screen and contains all its causes, the first hint for deciding, and the first step."""
    found = answer("535 5.7.3 Authentication unsuccessful").explanation["causes"][0]
    causes = [{**found, "id": cause, "title": CATALOGUE[cause].title} for cause in group.causes]
    causes[0]["decide"] = [*group.decide]
    causes[0]["steps"] = [*CATALOGUE[group.causes[0]].steps]
    explanation: Explanation = {
        "causes": causes,  # type: ignore[typeddict-item]
        "sure": False,
        "speaker": "microsoft",
        "gate": "sign_in",
        "evidence": [],
    }

    shown = render(explanation, "x" * 500)

    assert _rows(shown) <= ROWS
    assert [cause for cause in group.causes if f"[{cause}]" not in shown] == []
    flat = " ".join(shown.split())
    assert " ".join(group.decide[0].split()) in flat
    assert " ".join(CATALOGUE[group.causes[0]].steps[0].split()) in flat


def test_what_is_left_out_is_announced() -> None:
    """If steps do not fit on the screen, the answer says that there are more and mentions `--full`."""
    found = answer("535 5.7.3 Authentication unsuccessful XOAUTH2")
    shown = render(found.explanation, found.quoted)

    last = found.explanation["causes"][0]["steps"][-1]
    assert " ".join(last.split()) in " ".join(shown.split()) or "more with --full)" in shown
    assert "--full" in shown.splitlines()[-1] + shown.splitlines()[-2]


def test_full_answer_contains_every_step_and_source() -> None:
    """With `--full`, the answer contains each step and each source of each cause."""
    found = answer("535 5.7.3 Authentication unsuccessful")
    flat = " ".join(render(found.explanation, full=True).split())

    causes = found.explanation["causes"]
    wanted = [step for cause in causes for step in cause["steps"]]
    wanted += [source for cause in causes for source in CATALOGUE[cause["id"]].source]
    assert [text for text in wanted if " ".join(text.split()) not in flat] == []


def test_unrecognised_text_is_quoted_with_what_to_paste() -> None:
    """For an unknown text, the answer quotes the line with the error and states what to paste instead."""
    text = "starting the nightly job\nreading settings\nERROR the frobnicator of PHPMailer refused to work\ndone"
    found = answer(text)
    shown = render(found.explanation, found.quoted)

    assert found.explanation["causes"][0]["id"] == UNRECOGNISED
    assert shown.startswith("> ERROR the frobnicator of PHPMailer refused to work")
    assert "SMTPDebug = 2" in shown
    assert "the server's reply (three digits and a sentence)" in " ".join(shown.split())


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("text", ["AADSTS16001: expired", "POST https://login.microsoftonline.com: AADSTS17003"])
def test_number_of_another_kind_of_sign_in_is_answered_with_its_reason_only(text: str, full: bool) -> None:
    """The answer says what the number concerns, and does not say that no rule matches."""
    found = answer(text)
    shown = render(found.explanation, found.quoted, full=full)

    assert "A program that sends mail does not sign in this way" in " ".join(shown.split())
    assert "No rule matches" not in shown


def test_reply_of_another_provider_gets_no_advice() -> None:
    """The answer to a refusal by Google says that the reply is not from Microsoft 365, and contains no link to Microsoft."""
    found = answer("535-5.7.8 Username and Password not accepted. https://support.google.com/mail/?p=BadCredentials")
    shown = render(found.explanation, found.quoted)

    assert "This reply comes from Google, not from Microsoft 365" in shown
    assert "microsoft.com" not in shown
    assert "What to paste instead" not in shown


@pytest.mark.parametrize(
    ("words", "secret"),
    [
        pytest.param("password=", "Hunter2Hunter2", id="password"),
        pytest.param("Authorization: Bearer ", "abc123XYZ" * 4, id="bearer token"),
        pytest.param("client_secret: ", "Xy8Q~abcdefghijklmnopqrstuvwxyz0123456", id="client secret"),
        pytest.param("token ", "eyJ0eXAiOiJKV1QiLCJhbGciOi.eyJhdWQiOiJodHRwcz.c2lnbmF0dXJl", id="token"),
    ],
)
def test_quotation_of_an_unrecognised_text_contains_no_secret(words: str, secret: str) -> None:
    """The line that is quoted from an unknown text contains no password, token or secret."""
    found = answer(f"error: the frobnicator refused {words}{secret}")
    shown = render(found.explanation, found.quoted, full=True)

    assert "frobnicator" in shown
    assert secret not in shown
