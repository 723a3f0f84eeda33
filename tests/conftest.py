"""Every test has a home of its own and no secrets from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a developer's profiles, tokens and environment out of the tests."""
    for name in list(os.environ):
        if name.startswith(("SNOWKIT_", "SERVICENOW_", "SN_")) and name not in (
            "SNOWKIT_CORPUS",
            "SNOWKIT_RECORD",
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SNOWKIT_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("SNOWKIT_KEYRING", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def home() -> Path:
    """Return the folder that holds this test's profiles, tokens and journal."""
    return Path(os.environ["SNOWKIT_HOME"])
