"""Mutation tests of the checks: if a check is changed so that it passes, the findings must change in some world.

The worlds include those whose findings test_matrix.py and test_situations.py check. Single `return` statements are replaced only
with SMTP365_DEEP (`run.py test --deep`); otherwise only whole check functions are replaced, which takes seconds.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from checks.assessment import Assessment
from checks.catalogue import CATALOGUE
from checks.model import Check, Context, Finding
from fakes import FAULTS
from fakes.faults import EVERY_FAULT
from tests.suite.gathered import Gathered, gathered
from tests.suite.gathered_lookups import gathered_with_lookups
from tests.suite.situations import SITUATIONS, situation
from tests.suite.test_hand_made_evidence import by_hand

ROOT = Path(__file__).resolve().parents[2]
DEEP = bool(os.environ.get("SMTP365_DEEP"))
NOT_PASSING = {"fail", "risk", "unknown", "blocked", "attested", "not_applicable"}
# Worlds with lookups: all those in the catalogue with SMTP365_DEEP, otherwise only those that the lookup checks need.
NEEDED_LOOKUPS = (
    (), ("app_multitenant",), ("account_used_elsewhere",), ("sign_in_from_anywhere",), ("recipient_bounces",),
    ("port_refused",), ("port_refused", "lookup_without_exchange_manage_as_app"), ("lookup_throttled",),
    ("port_refused", "password_expired"), ("port_refused", "smtp_auth_off_tenant"),
)  # fmt: skip
LOOKED_UP = (
    (*NEEDED_LOOKUPS, *((fault.id,) for fault in EVERY_FAULT.values() if fault.expected_with_lookups is not None))
    if DEEP
    else NEEDED_LOOKUPS
)
Rows = frozenset[tuple[str, str, str, tuple[str, ...]]]


def worlds() -> dict[str, Callable[[], Gathered]]:
    """Return every world that can be produced on this machine, starting with the healthy one, as functions that create it."""
    staged = [None, *(fault.id for fault in FAULTS.values() if not fault.skipped_here())]
    found: dict[str, Callable[[], Gathered]] = {fault or "healthy": partial(gathered, fault) for fault in staged}
    found |= {name: partial(situation, name) for name in SITUATIONS}
    found |= {
        f"looked up: {'+'.join(faults) or 'healthy'}": partial(gathered_with_lookups, *faults) for faults in LOOKED_UP
    }
    return found | {name: lambda made=made: made for name, made in by_hand().items()}


def differs(make_world: Callable[[], Gathered], truth: Rows, assess: Any, catalogue: Any = None) -> bool:  # noqa: ANN401
    """Return whether a mutant leads to different findings in this world. An error also counts as a difference."""
    try:
        return rows(make_world(), assess, catalogue) != truth
    except (ValueError, AttributeError, LookupError):
        return True


def rows(found: Gathered, assess: Any, catalogue: Any = None) -> Rows:  # noqa: ANN401 - a mutant's own classes
    """Return all findings in one world as plain data."""
    more = {} if catalogue is None else {"catalogue": catalogue}
    assessments = {name: assess(evidence, settings, **more) for name, (evidence, settings) in found.items()}
    return frozenset(
        (name, finding.check, str(finding.verdict.value), finding.causes)
        for name, assessment in assessments.items()
        for finding in assessment.all_findings()
    )


@pytest.fixture(scope="module")
def true_rows() -> dict[str, Rows]:
    """The findings of the unchanged checks in every world."""
    return {world: rows(make_world(), Assessment) for world, make_world in worlds().items()}


def always_pass(case: Context) -> Finding:
    """Pass in every case."""
    return case.ok()


@pytest.mark.parametrize("check", list(CATALOGUE.checks.values()), ids=lambda c: c.id)
def test_a_check_that_always_passes_is_noticed(check: Check, true_rows: dict[str, Rows]) -> None:
    """Replacing a check function with one that always passes changes the findings in some world."""
    catalogue = {**CATALOGUE.checks, check.id: replace(check, judge=always_pass)}

    assert any(differs(make_world, true_rows[world], Assessment, catalogue) for world, make_world in worlds().items())


# -- one return at a time ---------------------------------------------------------------------------------------------


class Passing(ast.NodeTransformer):
    """A transformer that replaces the `return` on one line with `return case.ok()`."""

    def __init__(self, line: int) -> None:
        self._line = line

    def visit_Return(self, node: ast.Return) -> ast.Return:
        """Replace the `return` on the chosen line and leave all others unchanged."""
        if node.lineno != self._line:
            return node
        return ast.copy_location(ast.Return(ast.parse("case.ok()", mode="eval").body), node)


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """An import finder that loads one module from a changed syntax tree."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self._name = name
        self._code = compile(tree, f"<mutant of {name}>", "exec")

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for the changed module, and None for any other module."""
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code in the module's namespace."""
        exec(self._code, module.__dict__)  # noqa: S102 - our own source with one return changed


@contextmanager
def imported_with(finder: Mutated) -> Iterator[ModuleType]:
    """Import `checks.assessment` with the mutant, and restore the real modules afterwards."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name == "checks" or name.startswith("checks.")}
    sys.meta_path.insert(0, finder)
    try:
        yield importlib.import_module("checks.assessment")
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name == "checks" or name.startswith("checks.")]:
            del sys.modules[name]
        sys.modules.update(kept)


def mutants() -> Iterator[Any]:
    """Yield the module and line of every `return` of a finding that is not a pass, in functions with a parameter `case`."""
    for file in sorted((ROOT / "checks").glob("*.py")):
        if file.stem in {"model", "assessment", "catalogue", "test_checklist", "__init__", "refusal"}:
            continue
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef) or "case" not in [a.arg for a in function.args.args]:
                continue
            for node in [node for node in ast.walk(function) if isinstance(node, ast.Return)]:
                if {inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute)} & NOT_PASSING:
                    yield pytest.param(file.stem, node.lineno, id=f"{file.stem}-{function.name}-{node.lineno}")


@pytest.mark.skipif(not DEEP, reason="hundreds of mutants: run.py test --deep")
@pytest.mark.parametrize(("module", "line"), list(mutants()) if DEEP else [])
def test_a_return_turned_into_a_pass_is_noticed(module: str, line: int, true_rows: dict[str, Rows]) -> None:
    """Each mutant changes the findings in some world. If one does not, no world reaches the changed branch."""
    tree = ast.parse((ROOT / "checks" / f"{module}.py").read_text(encoding="utf-8"))
    changed = ast.fix_missing_locations(Passing(line).visit(tree))

    with imported_with(Mutated(f"checks.{module}", changed)) as mutant:
        assert any(differs(make_world, true_rows[world], mutant.Assessment) for world, make_world in worlds().items())
