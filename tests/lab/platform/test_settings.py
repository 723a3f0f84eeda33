"""Settings, Integrations: what an administrator of the platform does there, and what he gets to see."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from snowkit.lab.instance import Lab
from snowkit.lab.platform import CALLBACK_PATH
from tests.lab.platform.walk import CONFIGURATION, allow, authentication, connect, signed_in


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """An onboarded instance that several tests use, each from its beginning."""
    with Lab("onboarded", cases=3) as made:
        yield made


@pytest.fixture(autouse=True)
def _anew(lab: Lab) -> None:
    lab.reset()


def test_an_integration_is_in_the_list_once_the_instance_has_allowed_it(lab: Lab) -> None:
    """Name, domain, capability, environment, status and the day that was picked; before that the list is empty."""
    with signed_in(lab) as browser:
        assert "No integration has been added yet." in browser.text
        browser.open(f"{lab.platform_url}/settings/integrations/new")
        browser.press("Next", CONFIGURATION)
        browser.press("Connect", authentication(lab))
        assert lab.platform.shelf.integrations() == []
        allow(browser, lab)
        assert browser.said("status") == "The integration Boxeo support was added successfully."
        cells = [" ".join(cell.itertext()).split() for cell in browser.page.iter("td")]
        assert cells[0] == ["Boxeo", "support", "ServiceNow", "·", "lab"]
        assert cells[1:5] == [["Helpdesk"], ["Sandbox"], ["Connected"], ["2099-03-04"]]
        browser.open(browser.url)
        assert browser.said("status") == ""


def test_a_denial_adds_nothing(lab: Lab) -> None:
    """The list says that it was not granted, and no more."""
    said = lab.description()["integration"]
    with signed_in(lab) as browser:
        browser.open(f"{lab.platform_url}/settings/integrations/new")
        browser.press("Next", CONFIGURATION)
        browser.press("Connect", authentication(lab))
        browser.press("Log in", {"User name": said["user"], "Password": said["password"]})
        browser.press("Deny")
        assert browser.said("alert") == "The authorization was not granted. Nothing was changed."
    assert lab.platform.shelf.integrations() == []


def test_a_wrong_secret_cannot_be_connected(lab: Lab) -> None:
    """The instance refuses the exchange, so nothing is added, and the cause is not told."""
    with signed_in(lab) as browser:
        browser.open(f"{lab.platform_url}/settings/integrations/new")
        browser.press("Next", CONFIGURATION)
        browser.press("Connect", authentication(lab) | {"Client Secret": "wrong"})
        allow(browser, lab)
        assert browser.said("alert") == "The integration could not be connected."
    assert lab.platform.shelf.integrations() == []


@pytest.mark.parametrize(
    ("label", "value", "words"),
    [
        ("ServiceNow domain", "https://lab.service-now.com", "core domain only"),
        ("ServiceNow domain", "lab.service-now.com", "core domain only"),
        ("ServiceNow domain", "acme", "https://acme.service-now.com cannot be reached from here."),
        ("Client ID", " ", "Enter the client ID."),
        ("Client Secret", "", "Enter the client secret."),
        ("Refresh Token Expiry Date", "2001-01-01", "has passed already"),
        ("Refresh Token Expiry Date", "soon", "Select the refresh token expiry date."),
    ],
)
def test_what_is_typed_wrong_is_said_and_kept(lab: Lab, label: str, value: str, words: str) -> None:
    """A sentence, the form as it was typed, and the secret not shown."""
    with signed_in(lab) as browser:
        browser.open(f"{lab.platform_url}/settings/integrations/new")
        browser.press("Next", CONFIGURATION)
        browser.press("Connect", authentication(lab) | {label: value})
        assert words in browser.said("alert")
        assert browser.value("ServiceNow domain") == (value if label == "ServiceNow domain" else "lab")
        assert browser.value("Client Secret") == ""
        browser.press("Connect", authentication(lab))
        allow(browser, lab)
        assert browser.said("status") == "The integration Boxeo support was added successfully."


def test_environment_and_pull_by_have_to_be_chosen(lab: Lab) -> None:
    """Nothing is chosen beforehand."""
    with signed_in(lab) as browser:
        browser.open(f"{lab.platform_url}/settings/integrations/new")
        browser.press("Next", {"Name": "x"})
        assert browser.said("alert") == "Select a capability: Helpdesk, CRM, Content Management."
        browser.press("Next", {"Capability": "CRM"})
        typed = authentication(lab)
        del typed["Environment"], typed["Pull Record By"]
        browser.press("Connect", typed)
        assert browser.said("alert") == "Select an environment: Production or Sandbox."
        browser.press("Connect", {"Client Secret": "x", "Environment": "Production"})
        assert browser.said("alert") == "Select Pull Record By: Created Time or Updated Time."


def test_content_management_is_not_asked_for_a_time(lab: Lab) -> None:
    """As the vendor's page says: Pull Record By is not required there."""
    with signed_in(lab) as browser:
        browser.open(f"{lab.platform_url}/settings/integrations/new")
        browser.press("Next", CONFIGURATION | {"Capability": "Content Management"})
        assert "Pull Record By" not in browser.text
        browser.open(lab.platform_url)
        connect(browser, lab, Capability="Content Management")
        assert browser.said("status") == "The integration Boxeo support was added successfully."


def test_the_redirect_url_to_register_is_shown(lab: Lab) -> None:
    """It is registered for the lab's own client, behind TheLoops' two; unmatched ones end at TheLoops."""
    urls = lab.description()["redirect_urls"]
    assert urls[0] == "https://app.prod1.theloops.ai/v1/oauth/callback"
    assert lab.platform_url + CALLBACK_PATH in urls
    with signed_in(lab) as browser:
        browser.open(f"{lab.platform_url}/settings/integrations/new")
        browser.press("Next", CONFIGURATION)
        assert browser.value("Redirect URL of this environment") == lab.platform_url + CALLBACK_PATH


def test_test_connection_says_whether_and_never_why(lab: Lab) -> None:
    """An ended token, a client that was switched off, an instance that sleeps: all of them just failed."""
    failed = "Test Connection: Boxeo support failed."
    with signed_in(lab) as browser:
        connect(browser, lab)
        browser.press("Test Connection")
        assert browser.said("status") == "Test Connection: Boxeo support is connected successfully."
        lab.change_switches({"away": "hibernating"})
        browser.press("Test Connection")
        assert browser.said("alert") == failed
        lab.change_switches({"away": "no"})
        entity = lab.store.find("oauth_entity", "name=TheLoops Integration")[0]
        lab.store.patch("oauth_entity", entity["sys_id"], {"active": "false"})
        browser.press("Test Connection")
        assert browser.said("alert") == failed
        assert "Failed" in browser.text
        lab.store.patch("oauth_entity", entity["sys_id"], {"active": "true"})
        browser.press("Test Connection")
        assert browser.said("status") != ""
        for row in lab.store.find("oauth_credential", ""):
            lab.store.patch("oauth_credential", row["sys_id"], {"expires": "2020-01-01 00:00:00"})
        browser.press("Test Connection")
        assert browser.said("alert") == failed


def test_an_ended_access_token_is_renewed_unseen(lab: Lab) -> None:
    """The refresh token gives another one, as long as it lives itself."""
    with signed_in(lab) as browser:
        connect(browser, lab)
        lab.platform.puller.settle()
        for row in lab.store.find("oauth_credential", "type=access_token"):
            lab.store.patch("oauth_credential", row["sys_id"], {"expires": "2020-01-01 00:00:00"})
        browser.press("Test Connection")
        assert browser.said("status") == "Test Connection: Boxeo support is connected successfully."


def test_a_token_is_regenerated_by_a_whole_new_login(lab: Lab) -> None:
    """With another refresh token, for the same integration."""
    with signed_in(lab) as browser:
        id_ = connect(browser, lab)
        before = lab.platform.shelf.integration(id_)
        for row in lab.store.find("oauth_credential", ""):
            lab.store.patch("oauth_credential", row["sys_id"], {"expires": "2020-01-01 00:00:00"})
        browser.follow("Edit")
        browser.follow("Authentication")
        browser.press("Re-generate Token", {"Refresh Token Expiry Date": "2099-12-31"})
        allow(browser, lab)
        assert browser.said("status") == "The token of Boxeo support was refreshed successfully."
        after = lab.platform.shelf.integration(id_)
    assert before is not None
    assert after is not None
    assert after.refresh_token != before.refresh_token
    assert after.expires == "2099-12-31"
    assert after.client_secret == before.client_secret


def test_a_passed_day_shows_as_expired(lab: Lab) -> None:
    """The platform knows no more than the day that was picked."""
    with signed_in(lab) as browser:
        id_ = connect(browser, lab)
        lab.platform.shelf.change(id_, expires="2020-01-01")
        browser.open(lab.platform_url)
        assert "Token expired" in browser.text


def test_edit_shows_the_webhook_address_and_no_secret(lab: Lab) -> None:
    """Each integration has an address of its own; the client secret and the tokens stand on no page."""
    with signed_in(lab) as browser:
        id_ = connect(browser, lab)
        browser.follow("Edit")
        assert browser.value("Webhook URL") == f"{lab.platform_url}/v1/webhooks/servicenow/{id_}"
        pages = browser.response.text if browser.response else ""
        browser.follow("Authentication")
        pages += browser.response.text if browser.response else ""
        browser.open(f"{lab.platform_url}/records")
        pages += browser.response.text if browser.response else ""
        integration = lab.platform.shelf.integration(id_)
        assert integration is not None
        for secret in (integration.client_secret, integration.access_token, integration.refresh_token):
            assert secret
            assert secret not in pages
            assert secret not in repr(integration)


def test_the_configuration_can_be_changed(lab: Lab) -> None:
    """Another name and capability, the same token."""
    with signed_in(lab) as browser:
        connect(browser, lab)
        browser.follow("Edit")
        browser.press("Save", {"Name": "Boxeo <b>", "Capability": "CRM"})
        assert browser.said("status") == "The integration Boxeo <b> was saved."
        assert "Boxeo <b>" in browser.text
        browser.press("Test Connection")
        assert browser.said("status") == "Test Connection: Boxeo <b> is connected successfully."


def test_deleting_asks_first_and_takes_the_copies_along(lab: Lab) -> None:
    """Afterwards its webhook address is unknown."""
    with signed_in(lab) as browser:
        id_ = connect(browser, lab)
        lab.platform.puller.settle()
        assert lab.platform.shelf.copies(id_, "cases")
        browser.follow("Delete")
        assert "Delete Boxeo support?" in browser.text
        browser.press("Delete")
        assert "No integration has been added yet." in browser.text
        gone = httpx.post(f"{lab.platform_url}/v1/webhooks/servicenow/{id_}", json={}, trust_env=False)
        assert gone.status_code == 404
        assert lab.platform.shelf.copies(id_, "cases") == []


def test_the_catalogue_is_searched(lab: Lab) -> None:
    """ServiceNow is found by a part of its name; nothing else is there."""
    with signed_in(lab) as browser:
        browser.follow("Add Integration")
        browser.press("Search", {"Search": "zendesk"})
        assert "No integration is called zendesk." in browser.text
