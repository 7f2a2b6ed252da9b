"""The keys under which the plugin keeps its own objects in pytest's config."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fakes.serving.subprocess import Process
    from plugin.session import Session

SESSION: pytest.StashKey[Session] = pytest.StashKey()
TENANT: pytest.StashKey[Process] = pytest.StashKey()
