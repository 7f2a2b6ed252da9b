"""Which causes a check can name, found in its judge's source without running it; nothing here is a list kept by hand.

A judge names a cause by a literal, a constant, or a group, in itself or in a function of the checks room that it calls.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType, ModuleType
from typing import Final

from checks.catalogue import CATALOGUE as CHECKS
from checks.model import Check
from checks.text_reading import read_text
from knowledge.causes import CATALOGUE as CAUSES
from knowledge.groups import GROUPS

_MODEL: Final = "checks.model"  # the words that judges speak, themselves no judgement


@dataclass(frozen=True, slots=True)
class Nameable:
    """The causes that a check names by itself, in the order of the route; `reads` when it also reads the words that came back."""

    causes: tuple[str, ...]
    reads: bool


@dataclass(slots=True)
class _Walk:
    """What was found so far, and which functions were seen."""

    causes: set[str] = field(default_factory=set)
    reads: bool = False
    seen: set[Callable[..., object]] = field(default_factory=set)


@cache
def nameable(check_id: str) -> Nameable:
    """What this check can name. Raises KeyError for a check that is not in the catalogue, OSError without its source."""
    walk = _Walk()
    _follow(CHECKS.checks[check_id].judge, walk)
    return Nameable(tuple(cause for cause in CAUSES if cause in walk.causes), walk.reads)


def named_by(cause_id: str) -> frozenset[str]:
    """The checks that can name this cause by themselves."""
    return frozenset(check for check in CHECKS.checks if cause_id in nameable(check).causes)


def shared_judge(check: Check) -> FunctionType | None:
    """The function that judges for this check, where its own does nothing but hand the case on: two items, one fact."""
    match _tree(check.judge).body[-1:]:
        case [ast.Return(value=ast.Call(func=func, args=[ast.Name(id="case")], keywords=[]))]:
            value = _value(func, check.judge)
            return value if isinstance(value, FunctionType) else None
    return None


def _tree(function: Callable[..., object]) -> ast.FunctionDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise TypeError(f"{function!r} is no plain function")
    return tree


def _follow(function: Callable[..., object], walk: _Walk) -> None:
    if function in walk.seen:
        return
    walk.seen.add(function)
    tree = _tree(function)
    others = dict(_others(tree))
    for node in _telling(tree.body):
        match node:
            case ast.Constant(value=str(word)):
                _found(word, walk)
            case ast.Starred(value=ast.Attribute(value=ast.Name(id=name), attr="causes")) if name in others:
                # Another check's causes handed on whole: `case.fail(*port.causes)`.
                _follow(CHECKS.checks[others[name]].judge, walk)
            case ast.Name() | ast.Attribute():
                _found(_value(node, function), walk)


def _telling(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes that can put a cause into a finding.

    A set written within a judge rules causes out, and a literal that is compared only asks; a constant that is compared filters.
    """
    nodes: list[ast.AST] = list(body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Set):
            continue
        yield node
        asked = (ast.Constant, ast.Tuple) if isinstance(node, ast.Compare) else ()
        nodes += [child for child in ast.iter_child_nodes(node) if not isinstance(child, asked)]


def _others(tree: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """The local names of other checks' findings: `port = case.finding("NET-02")`."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Attribute(attr="finding"), args=[ast.Constant(value=str(check))]),
            ) if check in CHECKS.checks:
                yield name, check


def _value(node: ast.expr, function: Callable[..., object]) -> object:
    """What a name, or a name in an imported module, stands for where the function was written; None for a local one."""
    spread: dict[str, object] = getattr(function, "__globals__", {})
    match node:
        case ast.Name(id=name):
            return spread.get(name)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if isinstance(spread.get(name), ModuleType):
            return getattr(spread[name], attribute, None)
    return None


def _found(value: object, walk: _Walk) -> None:
    match value:
        case str() if value in CAUSES:
            walk.causes.add(value)
        case str() if value in GROUPS:
            walk.causes.update(GROUPS[value].causes)
        case frozenset() | tuple():
            walk.causes.update(item for item in value if item in CAUSES)
        case FunctionType() if value is read_text:
            walk.reads = True
        case FunctionType() if value.__module__.startswith("checks.") and value.__module__ != _MODEL:
            _follow(value, walk)
