"""Tests that the arguments of each change are typed with the fields of its record, so that a misspelt field is a type error."""

import dataclasses
import inspect
import re
import typing
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.faults import change
from fakes.world import network, tenant, world
from fakes.world.world import World, change_mailbox

FAKES = Path(world.__file__).parents[1]
RECORDS = {
    network: ("Middlebox", "Network", "Resolver", "Tls"),
    tenant: ("Issuing", "Mailbox", "Tenant", "User"),
    world: ("Sender", "Service"),
}
FUNCTIONS: list[Callable[..., object]] = [
    *(
        function
        for _, function in inspect.getmembers(change, inspect.isfunction)
        if function.__module__ == change.__name__
    ),
    World.with_tenant,
    World.with_network,
    change_mailbox,
]


@pytest.mark.parametrize("name", [f"{module.__name__}.{name}" for module, names in RECORDS.items() for name in names])
def test_keyword_arguments_have_the_fields_and_types_of_the_record(name: str) -> None:
    """The keyword arguments of a change are exactly the fields of the record, with the same types."""
    module = next(one for one in RECORDS if name.startswith(f"{one.__name__}."))
    record = getattr(module, name.rpartition(".")[2])
    fields = getattr(module, f"{record.__name__}Fields")

    declared = typing.get_type_hints(record)
    assert typing.get_type_hints(fields) == {one.name: declared[one.name] for one in dataclasses.fields(record)}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__qualname__)
def test_no_change_accepts_arbitrary_keyword_arguments(function: Callable[..., object]) -> None:
    """The keyword arguments of each change function are annotated with a `TypedDict`."""
    variable = [one for one in inspect.signature(function).parameters.values() if one.kind is one.VAR_KEYWORD]
    assert all(typing.get_origin(one.annotation) is typing.Unpack for one in variable)


def test_every_suppressed_type_error_has_a_reason() -> None:
    """Every `type: ignore` in the fakes is followed by a comment that gives the reason."""
    found = [
        line for path in FAKES.rglob("*.py") for line in path.read_text("utf-8").splitlines() if "type: ignore" in line
    ]
    assert all(re.search(r"# type: ignore\[[a-z-]+\]  # \w", line) for line in found)
