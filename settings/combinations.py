"""Checks whether the given options go together with the target. An option that would have no effect is a usage error.

If such options were ignored, a nightly job that lacks `--target=live` would always pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from settings.options import Options

Kind = Literal["fake", "live", "report", "folder", "lookups"]

_EVERY: Final[frozenset[Kind]] = frozenset({"fake", "live", "report", "folder", "lookups"})
_REPORTS: Final[tuple[Kind, ...]] = ("report", "folder")
_JUDGED: Final = "a report is judged as it is, and nothing is contacted"


@dataclass(frozen=True, slots=True)
class Rule:
    """The targets for which an option has an effect, and the advice for each other target; `any` is the advice for the rest of them."""

    works_with: frozenset[Kind]
    advice: dict[Kind | Literal["any"], str]

    def line(self, option: str, kind: Kind) -> str:
        """Return the error for this option and target, as one line."""
        return f"{option}{self.advice.get(kind, self.advice.get('any', ''))}"


_ALWAYS: Final = Rule(_EVERY, {})
_LOOKING: Final = Rule(
    frozenset({"fake", "live", "lookups"}),
    {"any": f": {_JUDGED}; write --lookups-for=REPORT instead of --target to repeat its lookups"},
)
RULES: Final[dict[str, Rule]] = {
    "--target": _ALWAYS,
    "--settings": Rule(
        frozenset({"live", "lookups"}),
        {
            "fake": " goes with --target=live: write --target=live as well, or leave out --settings for the built-in tenant",
            "any": " goes with --target=live: a report is judged by the settings inside it; leave out --settings",
        },
    ),
    "--sender": _ALWAYS,  # a name that the target does not have is selection's mistake
    "--fault": Rule(
        frozenset({"fake"}),
        {"any": ": only the built-in tenant has faults; leave out --target or write --target=fake"},
    ),
    "--no-send": Rule(
        frozenset({"fake", "live"}),
        {"any": " goes with --target=live or the built-in tenant: a report sends nothing; leave out --no-send"},
    ),
    "--try-again": Rule(
        frozenset({"live"}),
        {
            "fake": " goes with --target=live: the built-in tenant keeps no refusals; write --target=live or leave it out",
            "any": " goes with --target=live: a report does not sign in; leave out --try-again",
        },
    ),
    "--lookups": Rule(
        frozenset({"fake"}),
        {
            "live": ": for the built-in tenant only; leave it out: a live run has lookups if its settings have a table [directory]",
            "any": f": for the built-in tenant only; {_JUDGED}; write --lookups-for=REPORT to repeat its lookups",
        },
    ),
    "--admin-sign-in": _LOOKING,
    "--tenant-export": _LOOKING,
    "--lookups-for": _ALWAYS,  # with a target beside it, it is `earlier_report`'s mistake
    "--json": _ALWAYS,
    "--mask-identities": _ALWAYS,
    "--baseline": _ALWAYS,
}


def mistakes(options: Options, kind: Kind) -> list[str]:
    """Return one line for each given option that has no effect with this target or conflicts with another option."""
    given = _given(options)
    lines = [RULES[option].line(option, kind) for option in given if kind not in RULES[option].works_with]
    ways = [option for option in ("--tenant-export", "--admin-sign-in", "--lookups") if option in given]
    if len(ways) > 1 and not lines:
        lines.append(f"{' and '.join(ways)}: settings are looked up in one way; keep one of them")
    if kind == "lookups" and {"--settings", "--tenant-export"} <= set(given):
        lines.append("--settings and --tenant-export: lookups read either the export or the tenant; keep one of them")
    return lines


def _given(options: Options) -> list[str]:
    """Return the names of those options that depend on the target and were given, in a fixed order."""
    asked = {
        "--settings": options.settings is not None,
        "--fault": bool(options.faults),
        "--no-send": options.no_send,
        "--try-again": options.try_again,
        "--lookups": options.lookups,
        "--admin-sign-in": options.admin_sign_in,
        "--tenant-export": options.tenant_export is not None,
    }
    return [option for option, was in asked.items() if was]
