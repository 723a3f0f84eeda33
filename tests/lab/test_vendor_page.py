"""A newcomer walks the vendor's page for ServiceNow inside the lab, from the first line to the last.

`PAGE` has the words of each step. A section's function does each of them by hand, on the pages of the instance or of
the platform, and notes it; a step that is not noted, or not in its place, fails the section. Two people work: the
customer's administrator, signed in on the instance, and the vendor's engineer, signed in on the platform.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from snowkit.lab.instance import Lab
from tests.lab.browser import Browser

PAGE: dict[str, tuple[str, ...]] = {
    "Create OAuth Application in ServiceNow": (
        "Log in to your ServiceNow instance.",
        "Open the Application Navigator.",
        "Search for and navigate to Inbound Integrations.",
        "Click on New Integration.",
        "Select OAuth – Authorization Code Grant as the connection type.",  # noqa: RUF001
        "Configure the integration details:",
        "(Optional) Configure Auth Scopes if access restriction is required.",
        "Configure Enforce Token Restriction:",
        "Save the integration.",
    ),
    "(Optional) REST API Access Policy Configuration": (
        "Create Inbound Authentication Profile.",
        "Click on New",
        "Click on Create standard http authentication profiles",
        "Click Submit.",
    ),
    "Define the Access Policy": (
        "Navigate to REST API Access Policies.",
        "Click New. Configure the policy with the following settings.",
        "Ensure:",
        "Click on Submit.",
        "Repeat steps 1-4 for all other APIs required for TheLoops.",
        "Repeat steps 1-5 for Account, and Attachment API",
    ),
    "Integration Setup in Platform": (
        "Log in to TheLoops platform using an Admin account.",
        "Navigate to Settings → Integrations module.",
        "Click on the “+ Add Integration” button.",
        "Search for ServiceNow and open the integration setup.",
    ),
    "Configuration": (
        "In the Configuration tab, enter a suitable name.",
        "Select the required Capability:",
        "Click Next.",
    ),
    "Authentication": (
        "Enter your ServiceNow domain (core domain only).",
        "Enter Client ID.",
        "Enter Client Secret.",
        "Select Environment (Production/Sandbox).",
        "Select Pull Record By:",
        "Select Refresh Token Expiry Date.",
        "Click on Connect.",
        "Enter ServiceNow credentials and click Login.",
        "Click Allow to authorize access.",
    ),
    "Validation & Verification": (
        "Upon successful authentication:",
        "Verify the integration in the Integrations list.",
        "Click on Test Connection:",
    ),
    "Configuration Steps": (
        "Open Integration: Click on the Edit button for the ServiceNow integration you want to configure.",
        "Copy URL: Copy the webhook URL by clicking on the copy icon.",
    ),
    "Ticket Comment Webhook": (
        "Open Business Rules in ServiceNow.",
        "Click New and configure:",
        "Add Script: Click on the Advanced tab and replace the existing code with the following snippet:",
        "Replace webhook URL with the one copied from TheLoops platform.",
        "Click on Submit.",
    ),
    "Case Webhook": (
        "Create a new Business Rule.",
        "Configure:",
        "Add Script: Click on the Advanced tab and replace the existing code with the following snippet:",
        "Replace webhook URL with the one copied from TheLoops platform and Click on Submit.",
    ),
    "Attachment Webhook (Optional)": (
        "Create a new Business Rule.",
        "Configure:",
        "Add Script: Click on the Advanced tab and replace the code with the following snippet.",
        "Replace webhook URL with the one copied from TheLoops platform and Click on Submit.",
    ),
    "Token Regeneration": (
        "Navigate to Integrations module.",
        "Click the Test Connection icon; if it fails, it indicates that the token has expired.",
        "Click on the Edit icon (beside the delete icon) for the integration requiring token refresh.",
        "Go to Authentication tab.",
        "Click Re-generate Token.",
        "Login again via authentication window.",
        "Click Allow to authorize access.",
        "Token will be refreshed with a success message.",
        "Return to the Integrations list and click on Test Connection.",
    ),
}
US_REDIRECT = "https://app.prod1.theloops.ai/v1/oauth/callback"
CLIENT, PROFILE, SCOPE = "TheLoops by hand", "TheLoops profile by hand", "TheLoops scope by hand"
CASE = "sn_customerservice_case"
READ_TABLES = (
    CASE, "sys_user", "customer_contact", "sys_journal_field", "sys_audit", "sys_audit_delete", "customer_account",
    "sn_customerservice_escalation", "sys_attachment",
)  # fmt: skip
# The page names no role; these give the integration user what its list of tables asks for.
ROLES = ("csm_ws_integration", "sn_customerservice_agent", "knowledge", "audit_viewer")
ALL_OF_IT = {"Apply to all resources": True, "Apply to all versions": True}
# The page's own snippets are not on the page.
SNIPPET = """(function executeRule(current, previous /*null when async*/) {
    var request = new sn_ws.RESTMessageV2();
    request.setEndpoint('WEBHOOK_URL');
    request.setHttpMethod('POST');
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestBody(JSON.stringify({
        table: String(current.getTableName()),
        sys_id: String(current.getUniqueValue()),
        about: String(current.getValue('element_id') || current.getValue('table_sys_id') || current.getUniqueValue())
    }));
    request.executeAsync();
})(current, previous);"""


class Walk:
    """How far the two have come, and what they wrote down on the way."""

    def __init__(self, lab: Lab, admin: Browser, engineer: Browser) -> None:
        self.lab = lab
        self.admin = admin
        self.engineer = engineer
        self.client_id = self.client_secret = self.webhook_url = ""
        self.script = ""
        self._noted: list[str] = []
        self._walked = 0

    def did(self, words: str) -> None:
        """Note a step of the page that is done."""
        self._noted.append(words)

    def through(self, title: str) -> None:
        """Walk all sections up to one, as far as they are not walked yet."""
        while title in list(PAGE)[self._walked :]:
            section = list(PAGE)[self._walked]
            self._noted = []
            WALKED[section](self)
            assert tuple(self._noted) == PAGE[section]
            self._walked += 1

    def navigate(self, words: str) -> None:
        """Let the administrator find something in the Application Navigator and open it."""
        self.admin.open(f"{self.lab.url}/navpage.do")
        self.admin.press("Search", {"Application Navigator": words})
        self.admin.follow(words)


@pytest.fixture(scope="module")
def walk() -> Iterator[Walk]:
    """A fresh instance whose integration user got his roles by hand, since the page asks for access at its head."""
    with Lab(cases=3) as lab, Browser() as admin, Browser() as engineer:
        login = lab.description()["admin"]
        admin.open(f"{lab.url}/sys_user_has_role_list.do")
        admin.press("Log in", {"User name": login["user"], "Password": login["password"]})
        user = lab.store.find("sys_user", "user_name=integration")[0]["name"]
        for role in ROLES:
            admin.open(f"{lab.url}/sys_user_has_role.do?sys_id=-1")
            admin.press("Submit", {"User": user, "Role": role})
        admin.open(f"{lab.url}/logout.do")
        yield Walk(lab, admin, engineer)


def _create_oauth_application(walk: Walk) -> None:
    lab, admin = walk.lab, walk.admin
    login = lab.description()["admin"]
    admin.open(lab.url + "/login.do")
    admin.press("Log in", {"User name": login["user"], "Password": login["password"]})
    walk.did("Log in to your ServiceNow instance.")
    assert "Application Navigator" in admin.text
    walk.did("Open the Application Navigator.")
    # Scopes come first, since the form of the integration picks one that is there.
    walk.navigate("Auth Scopes")
    admin.follow("New")
    admin.press("Submit", {"Name": SCOPE})
    for api in ("Case API", "Account API", "Table API", "Attachment API"):
        walk.navigate("REST API Auth Scope")
        admin.follow("New")
        typed = {"Name": f"{SCOPE} {api}", "REST API": api, "Auth scope": SCOPE, "Apply to all methods": True}
        admin.press("Submit", typed | ALL_OF_IT)
    walk.navigate("Inbound Integrations")
    walk.did("Search for and navigate to Inbound Integrations.")
    assert "New Integration" in admin.text
    walk.did("Click on New Integration.")
    admin.follow("OAuth - Authorization code grant")
    walk.did("Select OAuth – Authorization Code Grant as the connection type.")  # noqa: RUF001
    redirect = f"{walk.lab.platform_url}/v1/oauth/callback"
    details: dict[str, str | bool] = {
        "Name": CLIENT,
        "Active": True,
        "Redirect URL": f"{US_REDIRECT},{redirect}",
    }
    walk.did("Configure the integration details:")
    details["Allow access only to APIs in selected scope"] = "Securely scoped"
    walk.did("(Optional) Configure Auth Scopes if access restriction is required.")
    details["Enforce token restriction"] = True
    walk.did("Configure Enforce Token Restriction:")
    admin.press("Submit", details)
    walk.client_id = admin.value("Client ID")
    walk.client_secret = lab.store.find("oauth_entity", f"name={CLIENT}")[0]["client_secret"]
    assert walk.client_secret in admin.text
    admin.follow("Auth Scopes")
    admin.follow("New")
    admin.press("Submit", {"Auth scope": SCOPE})
    walk.did("Save the integration.")
    (entity,) = lab.store.find("oauth_entity", f"name={CLIENT}")
    assert (entity["active"], entity["restricted_binding"], entity["type"]) == ("true", "true", "client")
    assert (entity["inbound_grant_type"], entity["scope_restriction_status"]) == ("authz_code", "restricted")
    assert lab.tokens.scopes(entity) == [SCOPE]


def _create_profile(walk: Walk) -> None:
    admin = walk.admin
    walk.navigate("Inbound Authentication Profiles")
    walk.did("Create Inbound Authentication Profile.")
    assert "New" in admin.text
    walk.did("Click on New")
    admin.follow("Create standard http authentication profiles")
    walk.did("Click on Create standard http authentication profiles")
    admin.press("Submit", {"Name": PROFILE, "Type": "OAuth", "OAuth entity": CLIENT})
    walk.did("Click Submit.")
    (profile,) = walk.lab.store.find("std_http_auth", f"name={PROFILE}")
    (entity,) = walk.lab.store.find("oauth_entity", f"name={CLIENT}")
    assert (profile["type"], profile["oauth_entity"]) == ("oauth", entity["sys_id"])


def _policy(walk: Walk, name: str, api: str, **typed: str | bool) -> None:
    """Make a policy, and once it is saved map the profile to it, which is a related list and not a field."""
    walk.admin.follow("New")
    walk.admin.press("Submit", {"Name": name, "Active": True, "REST API": api, **ALL_OF_IT, **typed})
    walk.admin.follow("Inbound authentication profile")
    walk.admin.follow("New")
    assert walk.admin.value("API access policy") == name
    walk.admin.press("Submit", {"Inbound auth profile": PROFILE})


def _define_policies(walk: Walk) -> None:
    everything: dict[str, str | bool] = {"Apply to all methods": True}
    reading: dict[str, str | bool] = {"HTTP Method": "GET"}
    policies = "REST API Access Policies"
    walk.navigate(policies)
    walk.did("Navigate to REST API Access Policies.")
    _policy(walk, "TheLoops Case API Access", "Case API", **everything)
    walk.did("Click New. Configure the policy with the following settings.")
    (policy,) = walk.lab.store.find("sys_api_access_policy", "name=TheLoops Case API Access")
    flags = ("apply_all_methods", "apply_all_resources", "apply_all_versions", "active")
    assert {policy[flag] for flag in flags} == {"true"}
    walk.did("Ensure:")
    assert policy["api_path"] == "sn_customerservice/case"
    walk.did("Click on Submit.")
    walk.navigate(policies)
    _policy(walk, "TheLoops Table API Access", "Table API", **reading, Tables=",".join(READ_TABLES))
    walk.navigate(policies)
    _policy(walk, "TheLoops Table API Write", "Table API", **everything, Tables="kb_knowledge")
    walk.did("Repeat steps 1-4 for all other APIs required for TheLoops.")
    for name in ("Account API", "Attachment API"):
        walk.navigate(policies)
        _policy(walk, f"TheLoops {name} Access", name, **reading)
    walk.did("Repeat steps 1-5 for Account, and Attachment API")
    (profile,) = walk.lab.store.find("std_http_auth", f"name={PROFILE}")
    assert walk.lab.store.count("sys_auth_profile_mapping", f"inbound_auth_profile={profile['sys_id']}") == 5


def _set_up_in_platform(walk: Walk) -> None:
    said, engineer = walk.lab.description()["platform_admin"], walk.engineer
    engineer.open(walk.lab.platform_url)
    engineer.press("Log in", {"Email": said["user"], "Password": said["password"]})
    walk.did("Log in to TheLoops platform using an Admin account.")
    engineer.follow("Settings → Integrations")
    walk.did("Navigate to Settings → Integrations module.")
    engineer.follow("+ Add Integration")
    walk.did("Click on the “+ Add Integration” button.")
    engineer.press("Search", {"Search": "ServiceNow"})
    engineer.follow("ServiceNow")
    walk.did("Search for ServiceNow and open the integration setup.")


def _configure(walk: Walk) -> None:
    typed: dict[str, str | bool] = {"Name": "Customer's ServiceNow"}
    walk.did("In the Configuration tab, enter a suitable name.")
    assert walk.engineer.choices("Capability") == ["Helpdesk", "CRM", "Content Management"]
    typed["Capability"] = "Helpdesk"
    walk.did("Select the required Capability:")
    walk.engineer.press("Next", typed)
    walk.did("Click Next.")


def _authenticate(walk: Walk) -> None:
    engineer, login = walk.engineer, walk.lab.description()["integration"]
    typed: dict[str, str | bool] = {"ServiceNow domain": "lab"}
    walk.did("Enter your ServiceNow domain (core domain only).")
    typed["Client ID"] = walk.client_id
    walk.did("Enter Client ID.")
    typed["Client Secret"] = walk.client_secret
    walk.did("Enter Client Secret.")
    assert engineer.choices("Environment") == ["Production", "Sandbox"]
    typed["Environment"] = "Sandbox"
    walk.did("Select Environment (Production/Sandbox).")
    assert engineer.choices("Pull Record By") == ["Created Time", "Updated Time"]
    typed["Pull Record By"] = "Updated Time"
    walk.did("Select Pull Record By:")
    typed["Refresh Token Expiry Date"] = "2099-03-04"
    walk.did("Select Refresh Token Expiry Date.")
    engineer.press("Connect", typed)
    walk.did("Click on Connect.")
    assert engineer.url.startswith(walk.lab.url)
    engineer.press("Log in", {"User name": login["user"], "Password": login["password"]})
    walk.did("Enter ServiceNow credentials and click Login.")
    assert CLIENT in engineer.text
    engineer.press("Allow")
    walk.did("Click Allow to authorize access.")


def _validate(walk: Walk) -> None:
    engineer = walk.engineer
    assert engineer.said("status") == "The integration Customer's ServiceNow was added successfully."
    walk.did("Upon successful authentication:")
    engineer.follow("Settings → Integrations")
    assert "Customer's ServiceNow" in engineer.text
    walk.did("Verify the integration in the Integrations list.")
    engineer.press("Test Connection")
    assert engineer.said("status") == "Test Connection: Customer's ServiceNow is connected successfully."
    walk.did("Click on Test Connection:")


def _copy_webhook_url(walk: Walk) -> None:
    walk.engineer.follow("Edit")
    walk.did(
        "Open Integration: Click on the Edit button for the ServiceNow integration you want to configure."
    )
    walk.webhook_url = walk.engineer.value("Webhook URL")
    assert walk.webhook_url.startswith(f"{walk.lab.platform_url}/v1/webhooks/servicenow/")
    walk.did("Copy URL: Copy the webhook URL by clicking on the copy icon.")


def _rule(walk: Walk, name: str, table: str, **actions: bool) -> dict[str, str | bool]:
    """Open a new business rule; returns what belongs into its form."""
    walk.navigate("Business Rules")
    walk.admin.follow("New")
    return {"Name": name, "Table": table, "When": "after", "Advanced": True, **actions}


def _submit_rule(walk: Walk, typed: dict[str, str | bool]) -> None:
    walk.admin.press("Submit", typed)
    (rule,) = walk.lab.store.find("sys_script", f"name={typed['Name']}")
    assert (rule["collection"], rule["when"], rule["active"]) == (typed["Table"], "after", "true")
    assert walk.webhook_url in rule["script"]


def _comment_rule(walk: Walk) -> None:
    typed = _rule(walk, "TheLoops Ticket Comment Webhook", "sys_journal_field", Insert=True, Update=True)
    walk.did("Open Business Rules in ServiceNow.")
    walk.did("Click New and configure:")
    walk.did(
        "Add Script: Click on the Advanced tab and replace the existing code with the following snippet:"
    )
    typed["Script"] = SNIPPET.replace("WEBHOOK_URL", walk.webhook_url)
    walk.did("Replace webhook URL with the one copied from TheLoops platform.")
    _submit_rule(walk, typed)
    walk.did("Click on Submit.")


def _case_rule(walk: Walk) -> None:
    typed = _rule(walk, "TheLoops - Case Created or Updated", CASE, Insert=True, Update=True)
    walk.did("Create a new Business Rule.")
    walk.did("Configure:")
    walk.did(
        "Add Script: Click on the Advanced tab and replace the existing code with the following snippet:"
    )
    _submit_rule(walk, typed | {"Script": SNIPPET.replace("WEBHOOK_URL", walk.webhook_url)})
    walk.did("Replace webhook URL with the one copied from TheLoops platform and Click on Submit.")


def _attachment_rule(walk: Walk) -> None:
    typed = _rule(walk, "TheLoops Attachment Webhook", "sys_attachment", Insert=True)
    walk.did("Create a new Business Rule.")
    walk.did("Configure:")
    walk.did("Add Script: Click on the Advanced tab and replace the code with the following snippet.")
    _submit_rule(walk, typed | {"Script": SNIPPET.replace("WEBHOOK_URL", walk.webhook_url)})
    walk.did("Replace webhook URL with the one copied from TheLoops platform and Click on Submit.")


def _regenerate_token(walk: Walk) -> None:
    lab, engineer, login = walk.lab, walk.engineer, walk.lab.description()["integration"]
    for row in lab.store.find("oauth_credential", f"client_id={walk.client_id}"):
        lab.store.patch("oauth_credential", row["sys_id"], {"expires": "2020-01-01 00:00:00"})
    engineer.open(f"{lab.url}/logout.do")
    engineer.open(lab.platform_url)
    walk.did("Navigate to Integrations module.")
    engineer.press("Test Connection")
    assert engineer.said("alert") == "Test Connection: Customer's ServiceNow failed."
    walk.did("Click the Test Connection icon; if it fails, it indicates that the token has expired.")
    actions = [link.get("aria-label") for link in engineer.page.iter("a") if link.get("aria-label")]
    assert actions == ["Edit", "Delete"]
    engineer.follow("Edit")
    walk.did("Click on the Edit icon (beside the delete icon) for the integration requiring token refresh.")
    engineer.follow("Authentication")
    walk.did("Go to Authentication tab.")
    engineer.press("Re-generate Token", {"Refresh Token Expiry Date": "2099-12-31"})
    walk.did("Click Re-generate Token.")
    engineer.press("Log in", {"User name": login["user"], "Password": login["password"]})
    walk.did("Login again via authentication window.")
    engineer.press("Allow")
    walk.did("Click Allow to authorize access.")
    assert engineer.said("status") == "The token of Customer's ServiceNow was refreshed successfully."
    walk.did("Token will be refreshed with a success message.")
    engineer.follow("Settings → Integrations")
    engineer.press("Test Connection")
    assert engineer.said("status") == "Test Connection: Customer's ServiceNow is connected successfully."
    assert "2099-12-31" in engineer.text
    walk.did("Return to the Integrations list and click on Test Connection.")


WALKED: dict[str, Callable[[Walk], None]] = {
    "Create OAuth Application in ServiceNow": _create_oauth_application,
    "(Optional) REST API Access Policy Configuration": _create_profile,
    "Define the Access Policy": _define_policies,
    "Integration Setup in Platform": _set_up_in_platform,
    "Configuration": _configure,
    "Authentication": _authenticate,
    "Validation & Verification": _validate,
    "Configuration Steps": _copy_webhook_url,
    "Ticket Comment Webhook": _comment_rule,
    "Case Webhook": _case_rule,
    "Attachment Webhook (Optional)": _attachment_rule,
    "Token Regeneration": _regenerate_token,
}


@pytest.mark.parametrize("title", PAGE)
def test_each_step_of_the_vendors_page_can_be_walked_by_hand(walk: Walk, title: str) -> None:
    """Each section, in the page's order, step by step, on the pages of the instance and of the platform."""
    walk.through(title)


def test_what_happens_to_a_case_reaches_the_platform(walk: Walk) -> None:
    """Webhooks enable real-time synchronization of case creation, updates, comments, and attachments."""
    walk.through("Attachment Webhook (Optional)")
    lab, admin = walk.lab, walk.admin
    lab.platform.puller.settle()
    admin.open(f"{lab.url}/{CASE}.do?sys_id=-1")
    admin.press("Submit", {"Short description": "The meter shows nothing"})
    (case,) = lab.store.find(CASE, "short_description=The meter shows nothing")
    admin.press(
        "Update", {"Short description": "The meter shows zero", "Additional comments": "Is it plugged in?"}
    )
    ck = admin.page.xpath("//input[@name='sysparm_ck']/@value")[0]
    sent = {"sysparm_ck": ck, "sys_id": case["sys_id"]}
    admin.send(f"{lab.url}/{CASE}.do", sent, {"attachFile": ("meter.txt", b"0000", "text/plain")})
    lab.scheduler.drain()
    bodies = [json.loads(event["body"]) for event in lab.platform.events]
    told = [body["table"] for body in bodies if body["about"] == case["sys_id"]]
    assert {table: told.count(table) for table in told} == {
        CASE: 2,
        "sys_journal_field": 1,
        "sys_attachment": 1,
    }
    assert lab.platform.puller.settle()
    engineer = walk.engineer
    engineer.follow("Records")
    engineer.follow(case["number"])
    for words in ("The meter shows zero", "Is it plugged in?", "meter.txt"):
        assert words in engineer.text
    engineer.follow("meter.txt")
    assert engineer.response is not None
    assert engineer.response.content == b"0000"
    engineer.open(lab.platform_url)


def test_somebody_who_is_signed_in_already_only_has_to_allow(walk: Walk) -> None:
    """If already logged into ServiceNow, authentication may complete automatically."""
    walk.through("Token Regeneration")
    engineer = walk.engineer
    engineer.open(walk.lab.platform_url)
    engineer.follow("Edit")
    engineer.follow("Authentication")
    engineer.press("Re-generate Token")
    engineer.press("Allow")
    assert engineer.said("status") == "The token of Customer's ServiceNow was refreshed successfully."
