"""Tests of run.py's prompt for secrets, which does not echo the secret and appears once for each account."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fakes.serving.subprocess import Process, serve_in_subprocess
from tests.cli.checkout import TIMEOUT_SECONDS, Checkout
from tests.cli.full_checkout import full_checkout, set_up
from tests.cli.terminal import CTRL_C, CTRL_D, ENTER, Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
ASKED = {
    "basic": "password for sender basic (not shown): ",
    "oauth": "client secret for sender oauth (not shown): ",
    "directory": "client secret for the auditor application in [directory] (not shown): ",
}
VARIABLES = {
    "basic": "SMTP365_BASIC_PASSWORD",
    "oauth": "SMTP365_OAUTH_CLIENT_SECRET",
    "directory": "SMTP365_DIRECTORY_CLIENT_SECRET",
}
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The built-in tenant, which is the target of the live runs."""
    with serve_in_subprocess(folder=tmp_path_factory.mktemp("tenant"), lookups=True) as process:
        yield process


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout whose environment is already set up."""
    made = full_checkout(tmp_path_factory.mktemp("checkout"))
    set_up(made, site.getsitepackages())
    return made


@dataclass(frozen=True, slots=True)
class Workplace:
    """A user's working folder with its own settings. No variable contains a secret unless a test sets one."""

    checkout: Checkout
    tenant: Process
    folder: Path

    def settings(self, *changes: tuple[str, str]) -> None:
        """Write settings for the built-in tenant, without lookups and with the given replacements."""
        text = self.tenant.settings_file.read_text(encoding="utf-8")
        head, _, rest = text.partition("[directory]")
        text = head + rest[rest.index("[network]") :]
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        (self.folder / "settings.toml").write_text(text, encoding="utf-8")

    def command(self, *options: str) -> list[str]:
        """Return the command line of a live run."""
        fixed = ["check", "--target=live", "--settings=settings.toml", "--html=report.html", "--json=results.json"]
        return [sys.executable, str(self.checkout.root / "run.py"), *fixed, *options]

    def environment(self, *given: str) -> dict[str, str]:
        """Return this process's environment with only the secrets of the given accounts, a home folder of its own and no keyring."""
        inherited = {name: value for name, value in os.environ.items() if name not in {*VARIABLES.values(), "CI"}}
        secrets = {VARIABLES[name]: self.secret(name) for name in given}
        return {**inherited, **secrets, **NO_KEYRING, "HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder)}

    def secret(self, account: str) -> str:
        """Return the secret that the tenant accepts for the account."""
        return self.tenant.secrets[VARIABLES[account]]

    def terminal(self, *options: str, given: tuple[str, ...] = ()) -> Terminal:
        """Start a live run on a terminal."""
        return Terminal(self.command(*options), self.folder, self.environment(*given))

    def results(self) -> dict[str, Any]:
        """Return the results that the run saved."""
        found: dict[str, Any] = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        return found

    def everything(self) -> str:
        """Return the content of all files in the working folder after the run."""
        return "".join(path.read_text(encoding="utf-8") for path in self.folder.iterdir() if path.is_file())


@pytest.fixture
def workplace(checkout: Checkout, tenant: Process, tmp_path: Path) -> Workplace:
    """A separate working folder for each test."""
    return Workplace(checkout, tenant, tmp_path)


@pytest.mark.parametrize("named", [False, True], ids=["by default", "prompt in the settings"])
@pytest.mark.parametrize("account", ["basic", "oauth"])
def test_a_typed_secret_signs_in_and_is_not_shown(workplace: Workplace, account: str, named: bool) -> None:
    """The prompt appears although pytest captures output. The typed secret is used for the sign-in, and is neither echoed nor saved."""
    key = "password" if account == "basic" else "client_secret"
    table = f"[sender.{account}]\n"
    workplace.settings(*[(table, f'{table}{key}_from = "prompt"\n')] if named else [])

    with workplace.terminal(f"--sender={account}") as terminal:
        terminal.wait_for(ASKED[account])
        terminal.type(workplace.secret(account) + ENTER)
        code = terminal.ended()

    assert code == 0, terminal.shown
    (sender,) = workplace.results()["senders"]
    assert (sender["verdict"], sender["traffic"]["messages_sent"]) == ("can_send", 1)
    assert sender["evidence"]["secret"] == {"key": key, "source": "prompt", "found": True}
    assert terminal.shown.count("(not shown)") == 1
    assert workplace.secret(account) not in terminal.shown + workplace.everything()


def test_the_auditors_secret_is_prompted_for_too(workplace: Workplace) -> None:
    """If neither secret is found elsewhere, run.py prompts for the sender's secret and then for the auditor's."""
    workplace.settings()
    text = workplace.tenant.settings_file.read_text(encoding="utf-8")
    text = text.replace(f'client_secret_from = "env:{VARIABLES["directory"]}"\n', "")
    (workplace.folder / "settings.toml").write_text(text, encoding="utf-8")

    with workplace.terminal("--sender=oauth") as terminal:
        for account in ("oauth", "directory"):
            terminal.wait_for(ASKED[account])
            terminal.type(workplace.secret(account) + ENTER)
        assert terminal.ended() == 0, terminal.shown

    (sender,) = workplace.results()["senders"]
    assert sender["evidence"]["tenant"]["application"]["state"] == "answered"
    assert workplace.secret("directory") not in terminal.shown + workplace.everything()


def test_one_prompt_for_each_account_of_the_selected_senders(workplace: Workplace) -> None:
    """There is one prompt for two senders with the same user, and none for a sender that does not sign in."""
    workplace.settings()
    text = (workplace.folder / "settings.toml").read_text(encoding="utf-8")
    table = text[text.index("[sender.basic]") : text.index("[sender.basic.attested]")]
    again = table.replace("[sender.basic]", "[sender.again]").replace("alerts@fab", "Alerts@fab", 1)
    off = table.replace("[sender.basic]", "[sender.off]").replace("authentication = true", "authentication = false")
    (workplace.folder / "settings.toml").write_text(text + again + off, encoding="utf-8")

    with workplace.terminal("-k", "basic-AUTH-01 or again-AUTH-01 or off-NET-01", "--no-send") as terminal:
        terminal.wait_for(ASKED["basic"])
        terminal.type(workplace.secret("basic") + ENTER)
        terminal.ended()

    signed_in = {sender["name"]: sender["traffic"]["sign_in_attempts"] for sender in workplace.results()["senders"]}
    assert signed_in == {"basic": 1, "again": 1, "off": 0}
    assert terminal.shown.count("(not shown)") == 1


@pytest.mark.parametrize("options", [(), ("-n", "1"), ("--capture=sys",), ("-s",)], ids="".join)
def test_ctrl_c_at_the_prompt_ends_the_run_with_one_line(workplace: Workplace, options: tuple[str, ...]) -> None:
    """Ctrl-C at the prompt ends the run with exit code 2 and one line, without a traceback."""
    workplace.settings()

    with workplace.terminal("--sender=basic", *options) as terminal:
        terminal.wait_for(ASKED["basic"])
        terminal.type(CTRL_C)
        code = terminal.ended()

    assert code == 2, terminal.shown
    assert terminal.shown.splitlines().count("smtp365: interrupted") == 1
    assert "Traceback" not in terminal.shown


@pytest.mark.parametrize("key", [ENTER, CTRL_D], ids=["an empty answer", "end of input"])
def test_an_empty_answer_gives_one_line(workplace: Workplace, key: str) -> None:
    """If nothing is entered, the verdict for the sender is "not proven", and a line on the terminal gives the reason."""
    workplace.settings()

    with workplace.terminal("--sender=basic") as terminal:
        terminal.wait_for(ASKED["basic"])
        terminal.type(key)
        code = terminal.ended()

    (sender,) = workplace.results()["senders"]
    (check,) = [check for check in sender["checks"] if check["id"] == "AUTH-01"]
    assert (code, sender["verdict"], check["verdict"]) == (6, "not_proven", "unknown"), terminal.shown
    assert "no password was found (prompt: nothing was entered); provide one and run again" in terminal.shown
    assert sender["traffic"]["sign_in_attempts"] == 0


def test_only_the_xdist_controller_prompts(workplace: Workplace) -> None:
    """There is only one prompt, even when two worker processes run the checks."""
    workplace.settings()

    with workplace.terminal("--sender=basic", "-n", "2") as terminal:
        terminal.wait_for(ASKED["basic"])
        terminal.type(workplace.secret("basic") + ENTER)
        assert terminal.ended() == 0, terminal.shown

    assert terminal.shown.count("(not shown)") == 1


def test_collecting_does_not_prompt(workplace: Workplace) -> None:
    """`--co` lists the checks without a prompt, with and without pytest-xdist."""
    workplace.settings()

    for options in ((), ("-n", "1")):
        with workplace.terminal("--co", *options) as terminal:
            assert terminal.ended() == 0, terminal.shown
        assert "(not shown)" not in terminal.shown


@pytest.mark.parametrize(
    ("named", "line"),
    [
        pytest.param(
            False,
            "no password was found (environment variable SMTP365_BASIC_PASSWORD, keyring entry smtp365 / basic:password, "
            "no terminal for a prompt); provide one and run again",
            id="by default",
        ),
        pytest.param(
            True,
            "no password was found (prompt: there is no terminal for a prompt; write "
            'password_from = "env:SMTP365_BASIC_PASSWORD" and set that variable); provide one and run again',
            id="prompt in the settings",
        ),
    ],
)
def test_without_a_terminal_the_line_says_where_to_store_the_secret(
    workplace: Workplace, named: bool, line: str
) -> None:
    """Without a terminal, the reason for the check's verdict lists where a secret was looked for, or says what to write in the settings."""
    table = "[sender.basic]\n"
    workplace.settings(*[(table, f'{table}password_from = "prompt"\n')] if named else [])

    ended = subprocess.run(
        workplace.command("--sender=basic"),
        cwd=workplace.folder,
        env=workplace.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )

    (sender,) = workplace.results()["senders"]
    (check,) = [check for check in sender["checks"] if check["id"] == "AUTH-01"]
    assert ended.returncode == 6, ended.stdout + ended.stderr
    assert line in check["why"]
