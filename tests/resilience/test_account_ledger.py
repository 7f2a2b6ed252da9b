"""Tests that a run does not repeat a recent sign-in that was refused or had no clear result.

A server on loopback counts the passwords that arrive.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from evidence.wire import SenderEvidence, SignInEvidence, SkipReason
from fakes.serving.subprocess import serve_in_subprocess
from probes import gather
from probes.account import Account, account_name
from probes.attempt_files import FOLDER
from settings.load import load
from settings.model import Settings
from settings.secret import Found, Secret
from tests.probe_run import gather_without_errors
from tests.resilience.password_server import PASSWORD, PasswordServer, password_server, refuse, reset

HOST = "smtp.office365.com"
HOSTS = (HOST, "smtp-legacy.office365.com", "smtp.hve.mx.microsoft", "smtp-hve.office365.com", "smtp.office365.us")
USER = "alerts@contoso.example"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PasswordServer]:
    """A server that refuses every password, unless the test sets a different answer."""
    with password_server(tmp_path, *HOSTS, "mail.contoso.example") as running:
        yield running


def sign_in(settings: Settings, state: Path | None, *, try_again: bool = False) -> dict[str, SignInEvidence]:
    """Run the probes once, as a run of the program does, and return the evidence on the sign-ins, keyed by sender."""
    return {name: one.sign_in for name, one in evidence(settings, state, try_again=try_again).items() if one.sign_in}


def evidence(settings: Settings, state: Path | None, *, try_again: bool = False) -> dict[str, SenderEvidence]:
    """Run the probes once, as a run of the program does, and return the evidence, keyed by sender."""
    context = gather.create_context(settings, state=state, try_again=try_again)
    senders = list(settings.sender.values())
    found = {sender.name: Found(Secret(PASSWORD), "a test") for sender in senders}
    return gather_without_errors(senders, context, found)


def stored(state: Path) -> list[dict[str, Any]]:
    """Return the stored records of sign-in attempts."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted((state / FOLDER).glob("*.json"))]


@pytest.mark.parametrize("ending", ["refused", "reset", "silence", "closing", "strange"])
def test_an_attempt_counts_however_it_ends(ending: str, server: PasswordServer, tmp_path: Path) -> None:
    """After a refusal, a reset, no reply, 421 or an unexpected reply, four more runs do not send the password again."""
    replies = {"closing": "421 4.3.2 Service not available", "strange": "250 2.0.0 OK"}
    answers = {"refused": refuse, "reset": reset, "silence": server.silent}
    server.answer = answers.get(ending) or (lambda _user: replies[ending])
    settings = server.settings((USER, HOST, 587))

    first = sign_in(settings, tmp_path / "state")["s0"]
    later = [sign_in(settings, tmp_path / "state")["s0"] for _ in range(4)]

    assert server.attempts_on(USER) == 1
    assert first.withheld is None
    expected = SkipReason.RECENTLY_REFUSED if ending == "refused" else SkipReason.RECENTLY_TRIED
    assert {one.withheld for one in later} == {expected}


SPELLINGS = (
    USER,
    f" {USER} ",
    "Alerts@CONTOSO.example",
    f"{USER}.",
    "alerts\uff20contoso.example",
    "alerts@contoso\u200b.example",
)


@pytest.mark.parametrize("ending", ["refused", "reset"])
def test_one_account_in_six_spellings_on_six_places_is_tried_once(
    ending: str, server: PasswordServer, tmp_path: Path
) -> None:
    """Six senders with different hosts, ports and spellings of one account send one password, both in a single run and in six runs."""
    server.answer = refuse if ending == "refused" else reset
    places = [(HOST, 587), (HOST, 25), *((host, 587) for host in HOSTS[1:4]), (HOSTS[1], 2525)]
    senders = [(user, host, port) for user, (host, port) in zip(SPELLINGS, places, strict=True)]

    one_run = sign_in(server.settings(*senders), tmp_path / "one")
    in_one_run = len(server.users)
    six_runs = [sign_in(server.settings(sender), tmp_path / "six")["s0"] for sender in senders]

    assert in_one_run == 1
    assert len(server.users) == 2
    assert [one.withheld for one in one_run.values()].count(None) == 1
    assert [one.withheld for one in six_runs].count(None) == 1


@pytest.mark.parametrize(
    "code", ["535 5.7.3 no", "454 4.7.0 Temporary authentication failure", "535 5.7.139 disabled for the Tenant"]
)
def test_a_run_tries_an_account_once_whatever_the_reply(code: str, server: PasswordServer, tmp_path: Path) -> None:
    """After each of these refusals, the run's second sender with the account does not send the password, even without a state folder."""
    server.answer = lambda _user: code
    settings = server.settings((USER, HOST, 587), (USER, HOSTS[1], 587))

    for state in (None, tmp_path / "state"):
        seen = sign_in(settings, state)
        assert sorted(str(one.withheld) for one in seen.values()) == ["None", "shared_credential_refused"]

    assert len(server.users) == 2


def test_the_idn_forms_of_a_domain_are_one_account(server: PasswordServer, tmp_path: Path) -> None:
    """Addresses that differ only in the Unicode or ASCII form of the domain, or in case, are the same account."""
    for user in ("alerts@m\u00fcller.example", "alerts@xn--mller-kva.example", "ALERTS@M\u00dcLLER.example"):
        sign_in(server.settings((user, HOST, 587)), tmp_path / "state")

    assert len(server.users) == 1


def test_different_accounts_and_clouds_are_counted_separately(server: PasswordServer, tmp_path: Path) -> None:
    """A different user is a separate account, and so is the same user in a different cloud or on a declared service."""
    declared = '[custom]\nsmtp_server = "mail.contoso.example"\n'
    for settings in (
        server.settings((USER, HOST, 587)),
        server.settings(("other@contoso.example", HOST, 587)),
        server.settings((USER, "smtp.office365.us", 587), cloud="gcc_high"),
        server.settings((USER, "mail.contoso.example", 587), cloud="custom", extra=declared),
    ):
        assert sign_in(settings, tmp_path / "state")["s0"].withheld is None

    assert len(server.users) == 4


def test_an_accepted_password_clears_the_account(server: PasswordServer, tmp_path: Path) -> None:
    """A password that is accepted with --try-again clears the record, and the next run signs in without the option."""
    settings, state = server.settings((USER, HOST, 587)), tmp_path / "state"
    sign_in(settings, state)
    server.answer = lambda _user: "235 2.7.0 Authentication successful"

    again = evidence(settings, state, try_again=True)["s0"]
    files = list((state / FOLDER).iterdir())
    after = sign_in(settings, state)["s0"]

    assert again.sign_in is not None
    assert again.sign_in.accepted
    assert again.account_attempts is not None
    assert again.account_attempts.made == 0
    assert files == []
    assert after.accepted
    assert len(server.users) == 3


def test_a_temporary_failure_and_a_policy_do_not_block_the_next_run(server: PasswordServer, tmp_path: Path) -> None:
    """After a temporary failure or a refusal by policy, the next run tries again, and each attempt is counted."""
    settings, state = server.settings((USER, HOST, 587)), tmp_path / "state"
    for number, reply in enumerate(
        (
            "454 4.7.0 Temporary authentication failure",
            "535 5.7.139 SmtpClientAuthentication is disabled for the Tenant",
        ),
        1,
    ):
        server.answer = lambda _user, reply=reply: reply  # type: ignore[misc]  # a default binds the value of this turn
        seen = evidence(settings, state)["s0"]
        assert seen.sign_in is not None
        assert seen.sign_in.withheld is None
        assert seen.account_attempts is not None
        assert seen.account_attempts.made == number


@pytest.mark.parametrize("step", ["AUTH", "user name"])
@pytest.mark.parametrize("reply", ["235 2.7.0 Authentication successful", ""])
def test_a_password_that_did_not_leave_does_not_count(
    step: str, reply: str, server: PasswordServer, tmp_path: Path
) -> None:
    """If the server sends 235 or a wrong reply before the password, nothing is accepted, and the next run sends the password."""
    server.early = {step: reply or "354 what\r\nnot SMTP"}
    seen = sign_in(server.settings((USER, HOST, 587)), tmp_path / "state")["s0"]
    server.early = {}
    second = sign_in(server.settings((USER, HOST, 587)), tmp_path / "state")["s0"]

    assert not seen.accepted
    assert second.reply is not None
    assert second.reply.code == 535
    assert server.attempts_on(USER) == 1


def test_a_clock_that_was_set_back_does_not_permit_another_attempt(server: PasswordServer, tmp_path: Path) -> None:
    """A recorded time in the future is treated as the current time, so the account is held for 15 minutes and no longer."""
    settings, state = server.settings((USER, HOST, 587)), tmp_path / "state"
    sign_in(settings, state)
    for ahead in (timedelta(minutes=1), timedelta(hours=3), timedelta(days=4000)):
        _move(state, ahead)
        assert sign_in(settings, state)["s0"].withheld is SkipReason.RECENTLY_REFUSED
    (record,) = stored(state)
    held_until = datetime.fromisoformat(record["attempts"][-1]) + timedelta(minutes=15)
    _move(state, timedelta(minutes=-16))
    after = sign_in(settings, state)["s0"]

    assert held_until <= datetime.now(UTC) + timedelta(minutes=15)
    assert after.withheld is None
    assert server.attempts_on(USER) == 2


def _move(state: Path, by: timedelta) -> None:
    """Move the recorded times, as if the clock had been changed."""
    for file in (state / FOLDER).glob("*.json"):
        record = json.loads(file.read_text(encoding="utf-8"))
        record["attempts"] = [(datetime.fromisoformat(text) + by).isoformat() for text in record["attempts"]]
        file.write_text(json.dumps(record), encoding="utf-8")


def test_the_report_counts_the_attempts_and_those_that_are_left(server: PasswordServer, tmp_path: Path) -> None:
    """The evidence counts the attempts and those left before a lockout, which follows 10 attempts worldwide and 3 in `gcc_high`."""
    settings = {
        "worldwide": server.settings((USER, HOST, 587)),
        "gcc_high": server.settings((USER, "smtp.office365.us", 587), cloud="gcc_high"),
    }
    for cloud, most in (("worldwide", 10), ("gcc_high", 3)):
        for made in (1, 2, 3, 4):
            counted = evidence(settings[cloud], tmp_path / "state", try_again=True)["s0"].account_attempts
            assert counted is not None
            assert (counted.made, counted.lockout_after, counted.left) == (made, most, max(0, most - made))
        held = evidence(settings[cloud], tmp_path / "state")["s0"].account_attempts
        assert held is not None
        assert held.made == 4


def test_the_record_has_no_text_of_the_server(server: PasswordServer, tmp_path: Path) -> None:
    """If a reply contains the password, whole or in two halves, neither the stored files nor the evidence contain a half of it."""
    server.answer = lambda _user: f"535-5.7.3 {PASSWORD[:6]}\r\n535-{PASSWORD[6:]}\r\n535 5.7.3 {PASSWORD}"
    settings, state = server.settings((USER, HOST, 587), (f"{USER}.", HOSTS[1], 587)), tmp_path / "state"

    runs = [evidence(settings, state), evidence(settings, state)]

    (record,) = stored(state)
    assert (record["code"], record["status"], record["account"]) == (535, "5.7.3", USER)
    texts = [file.read_text(encoding="utf-8") for file in state.rglob("*") if file.is_file()]
    texts += [one.model_dump_json() for run in runs for one in run.values()]
    assert [text for text in texts if PASSWORD[:6] in text or PASSWORD[6:] in text] == []


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows the files inherit the access of the user's profile")
def test_only_this_user_can_read_the_record(server: PasswordServer, tmp_path: Path) -> None:
    """The folder has mode 0700 and the file has mode 0600, even if they had wider modes before."""
    state = tmp_path / "state"
    (state / FOLDER).mkdir(parents=True, mode=0o755)
    sign_in(server.settings((USER, HOST, 587)), state)
    (file,) = (state / FOLDER).glob("*.json")
    file.chmod(0o644)
    sign_in(server.settings((USER, HOST, 587)), state)

    assert (state / FOLDER).stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_file_of_an_earlier_version_is_taken_over(server: PasswordServer, tmp_path: Path) -> None:
    """A refusal stored by an earlier version blocks the account. The old file, which contains the text of a reply, is deleted."""
    server.only_mapped = False
    now, state = datetime.now(UTC), tmp_path / "state"
    row = {"host_and_user": f"{HOSTS[1]}:25 {USER.upper()}", "time": now.isoformat(), "reply": "535 5.7.3 Cn7$kq"}
    state.mkdir()
    (state / "refused.json").write_text(json.dumps([{"time": 1}, row]), encoding="utf-8")

    held = sign_in(server.settings((USER, HOST, 587)), state)["s0"]

    assert (held.withheld, server.users) == (SkipReason.RECENTLY_REFUSED, [])
    assert held.detail == f"refused at {now:%H:%M:%S} UTC: 535 5.7.3"
    assert not (state / "refused.json").exists()
    assert not [file for file in state.rglob("*") if file.is_file() and "Cn7" in file.read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('[{"host_and_user": "a:1 b", "time": "2026-11-27T12:00:00", "reply": "535"}]', id="no zone"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param('{"a": 1}', id="another type"),
        pytest.param('[{"host_and_user": 7, "time": 1e400, "reply": []}]', id="wrong types"),
        pytest.param("[3]", id="numbers"),
        pytest.param("\x00", id="no JSON"),
    ],
)
def test_a_damaged_file_of_an_earlier_version_is_deleted(content: str, server: PasswordServer, tmp_path: Path) -> None:
    """If a file of an earlier version cannot be read, one line names the file, and the run signs in."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "refused.json").write_text(content, encoding="utf-8")
    context = gather.create_context(server.settings((USER, HOST, 587)), state=state)

    assert [line for line in context.ledger.notes if "refused.json" in line] == list(context.ledger.notes)
    assert len(context.ledger.notes) == 1
    assert sign_in(server.settings((USER, HOST, 587)), state)["s0"].withheld is None


DAMAGED = {
    "empty": b"",
    "no JSON": b"\x00\xff{",
    "deep": b"[" * 200_000,
    "a number": b"1" * 9000,
    "another type": b"[1, 2]",
    "huge": b" " * 3_000_000,
}
WRONG: dict[str, dict[str, object]] = {
    "a time without a zone": {"attempts": ["2026-11-27T12:00:00"]},
    "a number as a time": {"attempts": [1e300]},
    "a year": {"attempts": ["9999-12-31T23:59:59-23:59"]},
    "many times": {"attempts": ["2026-11-27T12:00:00Z"] * 10_000},
    "no list": {"attempts": {"0": "2026-11-27T12:00:00Z"}},
    "a result": {"result": ["refused"]},
    "a code": {"code": True},
    "a large code": {"code": 10**18},
    "a status": {"status": "5.7.3 and text"},
    "another account": {"account": "other@contoso.example"},
    "one key more": {"reply": "535 text"},
}


def _damage(name: str, content: bytes) -> bytes:
    return json.dumps({**json.loads(content), **WRONG[name]}).encode() if name in WRONG else DAMAGED[name]


@pytest.mark.parametrize("name", [*DAMAGED, *WRONG])
def test_a_damaged_record_is_set_aside(name: str, server: PasswordServer, tmp_path: Path) -> None:
    """A damaged record is renamed, one line says so, and the account is tried again. An empty record leads to no line."""
    settings, state = server.settings((USER, HOST, 587)), tmp_path / "state"
    sign_in(settings, state)
    (file,) = (state / FOLDER).iterdir()
    content = _damage(name, file.read_bytes())
    file.write_bytes(content)
    context = gather.create_context(settings, state=state)
    sender = settings.sender["s0"]

    gather_without_errors([sender], context, {"s0": Found(Secret(PASSWORD), "a test")})

    assert len(context.ledger.notes) == (1 if content else 0)
    assert [one.read_bytes() for one in (state / FOLDER).glob("*.damaged")] == ([content] if content else [])
    assert sign_in(settings, state)["s0"].withheld is SkipReason.RECENTLY_REFUSED
    assert server.attempts_on(USER) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "link to a device"])
def test_a_record_that_is_no_file_is_set_aside(kind: str, server: PasswordServer, tmp_path: Path) -> None:
    """If a link, a pipe or a folder replaces the record, the run signs in and stores a new record. The file behind a link is unchanged."""
    settings, state = server.settings((USER, HOST, 587)), tmp_path / "state"
    sign_in(settings, state)
    (file,) = (state / FOLDER).iterdir()
    file.unlink()
    other = tmp_path / "other"
    other.write_bytes(b"untouched")
    if kind == "pipe":
        if sys.platform != "win32":
            os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        file.symlink_to(other if kind == "link" else "/dev/zero")

    assert sign_in(settings, state)["s0"].withheld is None
    assert sign_in(settings, state)["s0"].withheld is SkipReason.RECENTLY_REFUSED
    assert other.read_bytes() == b"untouched"


def test_old_files_are_deleted(server: PasswordServer, tmp_path: Path) -> None:
    """Old files are deleted when a run starts, including those that were set aside."""
    state = tmp_path / "state"
    sign_in(server.settings((USER, HOST, 587)), state)
    (file,) = (state / FOLDER).iterdir()
    for old in (file, file.with_name("0.json.damaged"), file.with_name("1.json")):
        old.touch()
        os.utime(old, (0, 0))

    sign_in(server.settings(("other@contoso.example", HOST, 587)), state)

    assert len(list((state / FOLDER).iterdir())) == 1


def test_a_folder_that_cannot_be_made_does_not_stop_the_run(server: PasswordServer, tmp_path: Path) -> None:
    """If the state folder cannot be created, the run still signs in, once for each account."""
    (tmp_path / "state").write_bytes(b"a file")
    settings = server.settings((USER, HOST, 587), (USER, HOSTS[1], 587))

    seen = sign_in(settings, tmp_path / "state")

    assert [one.withheld for one in seen.values()].count(None) == 1
    assert server.attempts_on(USER) == 1


def test_a_run_waits_for_another_run_and_gives_up(server: PasswordServer, tmp_path: Path) -> None:
    """While a different run holds the account, the password is withheld. After the account is released, the next run signs in."""
    settings, state = server.settings((USER, HOST, 587)), tmp_path / "state"
    context = gather.create_context(settings, state=state)
    account = Account(context.service, account_name(USER))

    with context.ledger.claim(account, try_again=False, give_up=lambda: True):
        held = sign_in(settings, state)["s0"]
    after = sign_in(settings, state)["s0"]

    assert (held.withheld, after.withheld) == (SkipReason.RECENTLY_TRIED, None)
    assert server.attempts_on(USER) == 1


def test_a_line_that_was_not_shortened_is_read(server: PasswordServer, tmp_path: Path) -> None:
    """If a process is killed after it writes a shorter record over a longer one, the rest of the old record is ignored."""
    settings, state = server.settings((USER, HOST, 587)), tmp_path / "state"
    sign_in(settings, state)
    (file,) = (state / FOLDER).iterdir()
    file.write_bytes(file.read_bytes() + b'"5.7.3"}\n')

    assert sign_in(settings, state)["s0"].withheld is SkipReason.RECENTLY_REFUSED


def test_the_connect_map_and_the_root_make_no_other_account(tmp_path: Path) -> None:
    """A refused account is not tried again through a server with a different root certificate and different mapped ports."""
    users = []
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        with password_server(tmp_path / name, HOST) as other:
            sign_in(other.settings((USER, HOST, 587)), tmp_path / "state")
            users += other.users

    assert users == [USER]


def test_a_new_built_in_tenant_has_new_accounts(tmp_path: Path) -> None:
    """A refusal by one built-in tenant does not block the account in the next tenant, because each is a separate test network."""
    seen = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with serve_in_subprocess(["wrong_password"], folder=tmp_path / name) as tenant:
            settings = load(tenant.settings_file)
            sender = settings.sender["basic"]
            for _ in range(2):
                context = gather.create_context(settings, state=tmp_path / "state")
                found = gather.secrets_of([sender], tenant.secrets)
                seen.append(gather_without_errors([sender], context, found)["basic"].sign_in)

    reasons = [one.withheld for one in seen if one is not None]
    assert reasons == [None, SkipReason.RECENTLY_REFUSED, None, SkipReason.RECENTLY_REFUSED]
