"""What several tests of the platform begin with: somebody who signed in, and an integration that is connected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from snowkit.lab.instance import Lab
from tests.lab.browser import Browser

CONFIGURATION: dict[str, str | bool] = {"Name": "Boxeo support", "Capability": "Helpdesk"}


def authentication(lab: Lab) -> dict[str, str | bool]:
    """Return what belongs into the Authentication tab for a lab's own instance."""
    said = lab.description()
    return {
        "ServiceNow domain": "lab",
        "Client ID": said["client_id"],
        "Client Secret": said["client_secret"],
        "Environment": "Sandbox",
        "Pull Record By": "Updated Time",
        "Refresh Token Expiry Date": "2099-03-04",
    }


@contextmanager
def signed_in(lab: Lab) -> Iterator[Browser]:
    """Give a browser in which the platform's administrator has just signed in."""
    said = lab.description()["platform_admin"]
    with Browser(lab.ca_file) as browser:
        browser.open(lab.platform_url)
        browser.press("Log in", {"Email": said["user"], "Password": said["password"]})
        yield browser


def allow(browser: Browser, lab: Lab, person: str = "integration") -> None:
    """Sign in on the instance, unless somebody already has, and allow the access."""
    said = lab.description()[person]
    if "Password" in browser.text:
        browser.press("Log in", {"User name": said["user"], "Password": said["password"]})
    browser.press("Allow")


def connect(browser: Browser, lab: Lab, person: str = "integration", **changed: str) -> str:
    """Add an integration from the first click to the last; returns its id."""
    before = {each.id for each in lab.platform.shelf.integrations()}
    browser.follow("Add Integration")
    browser.press("Search", {"Search": "servicenow"})
    browser.follow("ServiceNow")
    configuration = {name: changed.get(name, value) for name, value in CONFIGURATION.items()}
    browser.press("Next", configuration)
    fields = {name: changed.get(name, value) for name, value in authentication(lab).items()}
    if configuration["Capability"] == "Content Management":
        fields.pop("Pull Record By")
    browser.press("Connect", fields)
    allow(browser, lab, person)
    (added,) = {each.id for each in lab.platform.shelf.integrations()} - before
    return added
