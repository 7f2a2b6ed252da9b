"""The subset of OData that the lookups use: `$filter` with clauses joined by *and*, `$select`, and paging.

Source: Microsoft, "Use query parameters to customize Microsoft Graph query responses".
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from . import graph_errors
from .graph_errors import GraphError

Row = dict[str, Any]
_CLAUSE = re.compile(
    r"\s*(?:(?P<field>\w+(?:/\w+)*)\s+(?P<operator>eq|ge|gt|le|lt)\s+(?P<value>'(?:[^']|'')*'|[^\s')]+)"
    r"|(?P<list>\w+)/any\(\s*(?P<each>\w+)\s*:\s*(?P=each)\s+eq\s+(?P<wanted>'(?:[^']|'')*')\s*\))\s*"
)
_AND = re.compile(r"\band\b\s*")


def filtered(rows: list[Row], clauses: str) -> list[Row] | GraphError:
    """Return the rows that match a filter, or the error for an invalid filter. An empty filter matches all rows."""
    position = 0
    while position < len(clauses):
        clause = _CLAUSE.match(clauses, position)
        if clause is None:
            return graph_errors.bad_filter()
        try:
            rows = [row for row in rows if _holds(row, clause)]
        except (KeyError, ValueError, TypeError):
            return graph_errors.bad_filter()
        joined = _AND.match(clauses, clause.end())
        if joined is None and clause.end() < len(clauses):
            return graph_errors.bad_filter()
        position = joined.end() if joined else len(clauses)
    return rows


def _holds(row: Row, clause: "re.Match[str]") -> bool:
    if clause["list"]:
        return _unquoted(clause["wanted"]) in row[clause["list"]]
    found: Any = row
    for name in clause["field"].split("/"):
        found = found[name]
    if clause["field"].endswith("DateTime"):
        left, right = _moment(found), _moment(_unquoted(clause["value"]))
        below, above = left < right, left > right
    else:
        if clause["operator"] != "eq":
            raise ValueError(clause["operator"])
        below, above = str(found).casefold() != _unquoted(clause["value"]).casefold(), False
    match clause["operator"]:
        case "eq":
            return not below and not above
        case "ge":
            return not below
        case "gt":
            return above
        case "le":
            return not above
        case _:
            return below


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stamp(moment: datetime | None) -> str | None:
    """Format a time as Graph does. None is returned unchanged."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def selected(row: Row, names: str, kind: str, defaults: tuple[str, ...] = ()) -> Row | GraphError:
    """Return a row with the members listed in `$select`, or the error for an unknown member.

    If `$select` is empty, return the default members, or all members if there are no defaults.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()] or list(defaults) or list(row)
    known = {name.casefold(): name for name in row}
    unknown = next((name for name in wanted if name.casefold() not in known), None)
    if unknown is not None:
        return graph_errors.no_property(unknown, kind)
    return {known[name.casefold()]: row[known[name.casefold()]] for name in wanted}


def page(rows: list[Row], address: str, query: Mapping[str, str], size: int) -> Row | GraphError:
    """Return one page of rows in Graph's format, or the error for invalid paging options.

    Every page but the last has a link to the next page.
    """
    try:
        first, top = int(query.get("$skiptoken", "0")), int(query.get("$top", str(size)))
    except ValueError:
        return graph_errors.bad_filter()
    if top < 1 or first < 0:
        return graph_errors.bad_filter()
    last = first + min(top, size)
    body: Row = {"value": rows[first:last]}
    if last < len(rows):
        body["@odata.nextLink"] = f"{address}?{urlencode({**query, '$skiptoken': str(last)})}"
    return body
