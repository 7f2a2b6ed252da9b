"""No report, export or settings file causes an internal error, whatever it contains."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path
from typing import Any

import pytest

from checks.assessment import Assessment
from evidence.wire import SenderEvidence
from plugin.report_reader import load_folder, load_report, load_results
from probes import gather
from probes.lookups import sources
from reports.baseline import changes
from reports.embedding import packed
from reports.replay import NotAReport
from reports.results import results
from settings.clouds import WORLDWIDE
from settings.examples import left_in
from settings.load import load
from settings.mistakes import SettingsError
from settings.model import SenderSettings
from tests.probes.exported import export
from tests.probes.test_answer_parsing import SENDERS, STARTED
from tests.reports import samples
from tests.resilience.fuzzing import changed, changed_bytes, fuzz, seeds
from tests.resilience.gathering import written_about
from tests.suite.gathered import gathered

ROOT = Path(__file__).resolve().parents[2]
CUSTOM = (
    b'cloud = "custom"\n[custom]\nsmtp_server = "mail.adatum.test"\nport = 587\nissuer = "https://login.adatum.test/x"\n[network]\n'
    b'resolvers = ["127.0.0.1:53", "[::1]:53"]\nehlo_name = "[192.0.2.1]"\nreply_timeout = 5\n[connect]\n"a:1" = "127.0.0.1:2"\n'
    b'[sender.a]\nauthentication_type = "Basic"\nusername = "a@adatum.test"\npassword_expires = 2027-01-01\ntags = ["x"]\n'
    b'[sender.a.attested]\n"BASIC-04" = { who = "A", when = 2026-11-01, what = "seen" }\n'
)
SETTINGS = ((ROOT / "settings.example.toml").read_bytes(), CUSTOM)


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    """Results of runs on the built-in tenant."""
    worlds = [gathered(fault) for fault in (None, "wrong_password", "secret_expired")]
    runs = [samples.run(*(Assessment(*one) for one in world.values())) for world in worlds]
    return [json.loads(json.dumps(results(run))) for run in runs]


def test_any_report_is_replayed_or_refused(documents: list[dict[str, Any]], tmp_path: Path) -> None:
    """A changed report, as JSON, HTML or compressed HTML, is evaluated or refused, whether alone, in a folder or as a baseline."""
    now = documents[0]

    def check(draw: random.Random) -> None:
        text = json.dumps(changed(draw.choice(documents), draw))
        form = draw.choice(("{}", '<script type="application/json" id="smtp365-results">{}</script>'))
        if draw.random() < 0.2:
            form, text = '<script type="application/gzip" id="smtp365-results">{}</script>', packed(iter([text]))
        content = form.replace("{}", text).encode("utf-8", "replace")
        file = tmp_path / draw.choice(("x.json", "x.html"))
        for other in ("x.json", "x.html"):
            (tmp_path / other).unlink(missing_ok=True)
        file.write_bytes(changed_bytes(content, draw) if draw.random() < 0.5 else content)
        for reader in (load_report, load_folder):
            with contextlib.suppress(NotAReport):
                _, records = reader(file if reader is load_report else tmp_path)
                pairs = {one.sender: (one, settings) for one, settings in records}
                written_about(
                    {name: one for name, (one, _) in pairs.items()}, {name: one for name, (_, one) in pairs.items()}
                )
        with contextlib.suppress(NotAReport):
            assert changes(load_results(file), now).target is not None

    fuzz(seeds(), check, examples=60)


def test_any_export_is_read_or_refused(tmp_path: Path) -> None:
    """A changed export is refused on one line, or it answers lookups whose results can be assessed."""
    original = json.loads(json.dumps(export()))
    world = gathered(None)
    file = tmp_path / "export.json"

    def check(draw: random.Random) -> None:
        content = json.dumps(changed(original, draw)).encode()
        file.write_bytes(changed_bytes(content, draw) if draw.random() < 0.3 else content)
        try:
            lookups = sources.by_export(file, WORLDWIDE)
        except SettingsError as refusal:
            assert len(refusal.lines) == 1  # noqa: PT017 - some files are accepted
            return
        found: dict[str, SenderEvidence] = {}
        judged: dict[str, SenderSettings] = {}
        for (name, sender), (evidence, settings) in zip(SENDERS.items(), world.values(), strict=True):
            tenant = lookups.begin(sender).finish(STARTED, "<1@here>")
            found[name], judged[name] = evidence.model_copy(update={"tenant": tenant}), settings
        written_about(found, judged)

    fuzz(seeds(), check, examples=40)


def test_any_settings_file_is_read_or_refused(tmp_path: Path) -> None:
    """A changed settings file is accepted, or refused with one line for each mistake."""
    file = tmp_path / "tenant.toml"

    def check(draw: random.Random) -> None:
        file.write_bytes(changed_bytes(draw.choice(SETTINGS), draw))
        left_in(file)
        try:
            settings = load(file)
            gather.create_context(settings, state=None)
        except SettingsError as refusal:
            assert all(len(line.splitlines()) == 1 for line in refusal.lines), refusal.lines  # noqa: PT017 - some files are accepted
            return
        for evidence, _ in gathered(None).values():
            judged = {evidence.sender: settings.for_sender(next(iter(settings.sender.values())))}
            written_about({evidence.sender: evidence}, judged)

    fuzz(seeds(), check, examples=100)
