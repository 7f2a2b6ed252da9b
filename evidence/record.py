"""The base class of all evidence records."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from evidence.limits import LONGEST_TEXT


class Record(BaseModel):
    """A frozen record that rejects unknown fields and limits the length of every text."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="null", defer_build=True, str_max_length=LONGEST_TEXT
    )
