"""An overview of many reports distinguishes senders by host, name, account and tenant, and has a note about superseded reports."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from checks.assessment import Assessment
from plugin import exit_status
from plugin.report_reader import load_folder
from plugin.session import Session
from plugin.setup import make_plan
from reports.page import render_top
from reports.results import as_text, results
from settings.options import Options
from tests.reports import samples
from tests.reports.test_page import OFF, Reader

HERE = Path(__file__)
OTHER_TENANT = "1d4c7c2e-6a1b-4c0e-9a56-3f0d6d1e2b22"
ENDPOINT = "https://login.microsoftonline.com/{}/v2.0/.well-known/openid-configuration"


def alerts(user: str = "alerts@contoso.example", *, off: bool = False, later: int = 0) -> Assessment:
    """Return a Basic sender with this user, `later` days after the sample date. If `off` is true, SMTP AUTH is off for it."""
    evidence = samples.basic(started=samples.NOON + timedelta(days=later))
    evidence = samples.refused(evidence, OFF) if off else evidence
    return Assessment(evidence, samples.basic_settings(username=user, **{"from": user, "to": user}))


def notices(tenant: str, *, later: int = 0) -> Assessment:
    """Return an OAuth sender in this tenant, `later` days after the sample date."""
    evidence = samples.oauth(started=samples.NOON + timedelta(days=later))
    return Assessment(evidence, samples.oauth_settings(openid_endpoint_configuration=ENDPOINT.format(tenant)))


def write(folder: Path, name: str, *senders: Assessment, **changes: object) -> None:
    """Write a results file with these senders."""
    (folder / name).write_text(as_text(results(samples.run(*senders, **changes))), encoding="utf-8")


def names(folder: Path) -> list[str]:
    """Return the names of the senders in the overview."""
    return [evidence.sender for evidence, _ in load_folder(folder)[1]]


def overview(folder: Path, *, mask: bool = False) -> Options:
    """Return the options for `--target=FOLDER`."""
    return Options(target=str(folder), settings=None, senders=(), folder=folder, root=folder, strict=False, mask=mask)


def test_two_customers_on_one_machine_are_two_senders(tmp_path: Path) -> None:
    """Two accounts with the same sender name and host are listed separately, and the one that cannot send decides the verdict."""
    write(tmp_path, "a.json", alerts("alerts@contoso.example", off=True))
    write(tmp_path, "b.json", alerts("alerts@fabrikam.example", later=1))
    session = Session(make_plan(overview(tmp_path), {}))
    for sender, check in session.plan.pairs:
        session.record(sender, check)
    run = session.run()

    assert names(tmp_path) == [f"alerts@APP-SRV-07 (alerts@{one}.example)" for one in ("contoso", "fabrikam")]
    assert (run.verdict, exit_status.of(run, 0)) == ("cannot_send", exit_status.FAILED)
    text = Reader(render_top(run, None)).text
    assert all(f"alerts@{one}.example" in text for one in ("contoso", "fabrikam"))


def test_two_tenants_are_two_senders(tmp_path: Path) -> None:
    """Two senders with the same name, host and account are distinguished by the tenants in their endpoints."""
    write(tmp_path, "a.json", notices(samples.TENANT))
    write(tmp_path, "b.json", notices(OTHER_TENANT))

    assert names(tmp_path) == [f"reports@APP-SRV-07 ({tenant})" for tenant in (samples.TENANT, OTHER_TENANT)]


def test_one_sender_keeps_its_short_name(tmp_path: Path) -> None:
    """Nothing is added to a unique `sender@host`, and the case of letters in the account name does not matter."""
    write(tmp_path, "a.json", alerts("alerts@contoso.example"), notices(samples.TENANT))
    write(tmp_path, "b.json", alerts("Alerts@Contoso.example", later=1))

    assert names(tmp_path) == ["alerts@APP-SRV-07", "reports@APP-SRV-07"]


def test_a_sender_that_moved_to_oauth_supersedes_its_basic_report(tmp_path: Path) -> None:
    """A newer OAuth report supersedes a Basic report on the same account if only one tenant is possible."""
    oauth = samples.oauth_settings(name="alerts", username="alerts@contoso.example")
    write(tmp_path, "a.json", alerts(off=True))
    write(
        tmp_path, "b.json", Assessment(samples.oauth(sender="alerts", started=samples.NOON + timedelta(days=1)), oauth)
    )
    data, visits = load_folder(tmp_path)

    assert [(evidence.sender, sender_settings.sender.method) for evidence, sender_settings in visits] == [
        ("alerts@APP-SRV-07", "oauth")
    ]
    assert "b.json supersedes a.json for alerts@APP-SRV-07." in data["notes"]


def test_the_newer_evidence_supersedes_the_older(tmp_path: Path) -> None:
    """The report with the newer evidence supersedes the other, whatever the file names and the times at which the reports were written."""
    write(tmp_path, "z.json", alerts(off=True), notices(samples.TENANT), finished=samples.NOON + timedelta(days=9))
    write(tmp_path, "a.json", alerts(later=3), notices(samples.TENANT, later=3))
    session = Session(make_plan(overview(tmp_path), {}))
    for sender, check in session.plan.pairs:
        session.record(sender, check)

    assert session.run().verdict == "can_send"
    note = "a.json supersedes z.json for alerts@APP-SRV-07, reports@APP-SRV-07."
    assert note in Reader(render_top(session.run(), None)).text


def test_report_and_json_of_one_run_are_recognised_as_one_run(tmp_path: Path) -> None:
    """If two files contain the same evidence, a note says that they come from the same run."""
    write(tmp_path, "a.json", alerts())
    write(tmp_path, "b.json", alerts())

    assert "a.json is the same run as b.json for alerts@APP-SRV-07." in load_folder(tmp_path)[0]["notes"]


def test_an_overview_in_the_folder_adds_no_sender(tmp_path: Path) -> None:
    """An earlier overview in the folder adds no sender to a new one."""
    write(tmp_path, "a.json", alerts())
    evidence, sender_settings = load_folder(tmp_path)[1][0]
    write(tmp_path, "overview.json", Assessment(evidence, sender_settings), target="overview", replayed_from="x")

    assert names(tmp_path) == ["alerts@APP-SRV-07"]


def test_many_reports_on_one_sender_produce_few_notes(tmp_path: Path) -> None:
    """Of thirty reports on one sender, the newest is used, and there are at most eight notes."""
    for night in range(30):
        write(tmp_path, f"{night:02}.json", alerts(later=night))
    data, visits = load_folder(tmp_path)

    assert visits[0][0].started == samples.NOON + timedelta(days=29)
    assert len(data["notes"]) <= 8


def test_senders_in_masked_reports_are_never_merged(tmp_path: Path) -> None:
    """Senders in two masked reports are kept apart even if their masks are equal, because masks are numbered within each report."""
    for name, off in (("a.json", True), ("b.json", False)):
        write(tmp_path, name, alerts("user1@mask1.example", off=off), masked=True)
    data, visits = load_folder(tmp_path)

    assert data["masked"]
    assert [evidence.sender for evidence, _ in visits] == [
        f"alerts@APP-SRV-07 ({name})" for name in ("a.json", "b.json")
    ]
    assert {Assessment(*visit).verdict for visit in visits} == {"can_send", "cannot_send"}


@pytest.mark.parametrize("users", [("alerts@contoso.example", "alerts@fabrikam.example")])
def test_a_masked_overview_contains_no_identity(users: tuple[str, str], tmp_path: Path) -> None:
    """With --mask-identities, the overview and its notes contain no domain and no host name."""
    for place, user in enumerate(users):
        write(tmp_path, f"{place}.json", alerts(user))
        write(tmp_path, f"{place}-newer.json", alerts(user, later=1))
    session = Session(make_plan(overview(tmp_path, mask=True), {}))
    run = session.run()
    text = render_top(run, results(run))

    assert len(run.senders) == 2
    assert any("supersedes" in note for note in run.notes)
    assert [word for word in ("contoso", "fabrikam", "APP-SRV-07") if word in text] == []
