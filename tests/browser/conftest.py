"""A Chromium of this machine, driven by playwright; the tests are skipped, with the reason, where one is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from snowkit.lab.instance import Lab

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("No Chromium on this machine; install one, or name it in CHROMIUM.")
    driver = pytest.importorskip("playwright.sync_api", reason="The extra `browser` is not installed.")
    # A browser of root has no sandbox, and these tests open nothing but the lab.
    with driver.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A fresh instance on a real socket."""
    with Lab(cases=3) as made:
        yield made


@pytest.fixture
def tab(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A new window with its own cookies; a page that complains on its console fails the test.

    Its last sight is kept in the folder that SCREENSHOTS names.
    """
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []

    def note(said: Any) -> None:
        # A browser asks each site for an icon by itself.
        if said.type == "error" and not said.location["url"].endswith("/favicon.ico"):
            complaints.append(said.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{request.node.name}.png", full_page=True)
    context.close()
    assert complaints == []
