"""Checks whether the given options can be used with the target. An option that would have no effect is a usage error.

If such options were ignored, a nightly job without `--target=live` would always pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from settings.options import Options

Kind = Literal["fake", "live", "report", "folder", "lookups"]

_EVERY: Final[frozenset[Kind]] = frozenset({"fake", "live", "report", "folder", "lookups"})
_REPORTS: Final[tuple[Kind, ...]] = ("report", "folder")
_JUDGED: Final = "a report is evaluated without contacting any server"


@dataclass(frozen=True, slots=True)
class Rule:
    """The targets for which an option has an effect, and the advice for other targets. `any` is the advice for targets not listed."""

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
            "fake": " works only with --target=live; write --target=live as well, or leave out --settings to check the built-in tenant",
            "any": " works only with --target=live, because a report contains its own settings; leave out --settings",
        },
    ),
    "--sender": _ALWAYS,  # `selection` reports unknown names
    "--fault": Rule(
        frozenset({"fake"}),
        {"any": " works only with the built-in tenant; leave out --target or write --target=fake"},
    ),
    "--no-send": Rule(
        frozenset({"fake", "live"}),
        {
            "any": " works only with --target=live or the built-in tenant, because evaluating a report sends nothing; leave out --no-send"
        },
    ),
    "--try-again": Rule(
        frozenset({"live"}),
        {
            "fake": " works only with --target=live, because refusals by the built-in tenant do not outlast the run; leave out --try-again",
            "any": " works only with --target=live, because evaluating a report involves no sign-in; leave out --try-again",
        },
    ),
    "--lookups": Rule(
        frozenset({"fake"}),
        {
            "live": " works only with the built-in tenant; leave it out: a live run has lookups if its settings have a [directory] table",
            "any": f" works only with the built-in tenant; {_JUDGED}; write --lookups-for=REPORT to repeat its lookups",
        },
    ),
    "--admin-sign-in": _LOOKING,
    "--tenant-export": _LOOKING,
    "--lookups-for": _ALWAYS,  # `earlier_report` reports a conflict with --target
    "--json": _ALWAYS,
    "--mask-identities": _ALWAYS,
    "--baseline": _ALWAYS,
}


def mistakes(options: Options, kind: Kind) -> list[str]:
    """Return one line for each given option that has no effect with this target or conflicts with a different option."""
    given = _given(options)
    lines = [RULES[option].line(option, kind) for option in given if kind not in RULES[option].works_with]
    ways = [option for option in ("--tenant-export", "--admin-sign-in", "--lookups") if option in given]
    if len(ways) > 1 and not lines:
        lines.append(f"{' and '.join(ways)}: a run looks up settings in one way only; keep one of these options")
    if kind == "lookups" and {"--settings", "--tenant-export"} <= set(given):
        lines.append(
            "--settings and --tenant-export: lookups read either the export or the tenant; keep one of these options"
        )
    return lines


def _given(options: Options) -> list[str]:
    """Return the names of the options that were given and depend on the target, in a fixed order."""
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
