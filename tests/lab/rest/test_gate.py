"""Each layer in front of the APIs refuses with its own status and words."""

from __future__ import annotations

import base64

import pytest

from tests.lab.rest.conftest import ADMIN, INTEGRATION, LIMITED, UNAUTHENTICATED, Caller, refusal

CASES = "/api/now/table/sn_customerservice_case"


@pytest.mark.parametrize(
    "auth", [None, ("admin", "wrong"), ("nobody", "x"), ("ada.agent", ""), "garbage", "a^ORtype=access_token"]
)
async def test_nobody_in_particular_is_401(call: Caller, auth: object) -> None:
    """No credentials, wrong ones, an unknown user and a garbage token all look alike."""
    reply = await call.get(CASES, auth=auth)
    assert reply.status_code == 401
    assert reply.json() == UNAUTHENTICATED
    assert reply.headers["www-authenticate"] == 'BASIC realm="Service-now"'
    cookies = reply.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies[:3]] == [
        "JSESSIONID",
        "glide_user",
        "glide_user_session",
    ]
    assert all("Max-Age=0" in cookie for cookie in cookies[1:3])
    assert "x-is-logged-in" not in reply.headers
    assert reply.headers["cache-control"] == "no-cache,no-store,must-revalidate,max-age=-1"


async def test_older_releases_word_it_otherwise(call: Caller) -> None:
    """Before Australia the message is "User Not Authenticated"."""
    call.lab.switches.change({"release": "zurich"})
    reply = await call.get(CASES, auth=None)
    assert reply.json() == refusal("User Not Authenticated", "Required to provide Auth information")


@pytest.mark.parametrize("field", [{"active": "false"}, {"locked_out": "true"}])
async def test_a_user_who_may_not_work_is_401(call: Caller, field: dict[str, str]) -> None:
    """An inactive or locked user gets in neither by password nor by token."""
    token = call.token()
    call.change("sys_user", "user_name=integration", **field)
    assert (await call.get(CASES, auth=INTEGRATION)).status_code == 401
    assert (await call.get(CASES, auth=token)).status_code == 401


async def test_an_expired_token_and_an_inactive_entity_are_401(call: Caller) -> None:
    """A token dies with its time, and with its OAuth entity."""
    token = call.token("admin")
    assert (await call.get(CASES, auth=token)).status_code == 200
    call.change("oauth_entity", "name=TheLoops Integration", active="false")
    assert (await call.get(CASES, auth=token)).json() == UNAUTHENTICATED
    call.change("oauth_entity", "name=TheLoops Integration", active="true")
    call.change("oauth_credential", "type=access_token", expires="2020-01-01 00:00:00")
    assert (await call.get(CASES, auth=token)).json() == UNAUTHENTICATED


async def test_a_token_is_compared_with_regard_to_case(call: Caller) -> None:
    """The database ignores case; a token must not."""
    token = call.token("admin")
    assert (await call.get(CASES, auth=token.swapcase())).status_code == 401


async def test_the_basic_restriction_refuses_interactive_users_only(call: Caller) -> None:
    """Enforced, it lets in web-service users and those with the role, and logs whom it refused."""
    call.lab.switches.change({"basic_auth_restriction": True})
    assert (await call.get(CASES)).json() == UNAUTHENTICATED
    logged = call.lab.store.find("syslog", "messageLIKESNCRestrictBasicAuthUserAuthenticationGate")
    assert "interactive-login user [admin] under enforce=true" in logged[0]["message"]
    assert (await call.get(CASES, auth=call.token("admin"))).status_code == 200
    call.change("sys_user", "user_name=admin", web_service_access_only="true")
    assert (await call.get(CASES)).status_code == 200


@pytest.mark.parametrize("closed", [False, True])
async def test_a_cookie_outlives_its_token_unless_a_property_ends_it(call: Caller, closed: bool) -> None:
    """The cookie trap: a client that keeps the session's cookie gets in with a dead token."""
    token = call.token("admin")
    cookie = (await call.get(CASES, auth=token)).cookies["JSESSIONID"]
    call.change("oauth_credential", "type=access_token", expires="2020-01-01 00:00:00")
    name = "glide.authenticate.oauth.post.token.expiration.cookie_auth.disabled"
    call.change("sys_properties", f"name={name}", value="true" if closed else "false")
    reply = await call.get(CASES, auth=token, headers={"Cookie": f"JSESSIONID={cookie}"})
    assert reply.status_code == (401 if closed else 200)


async def test_a_cookie_alone_cannot_write(call: Caller) -> None:
    """Another site's page cannot write in the name of whoever is signed in."""
    cookie = (await call.get(CASES)).cookies["JSESSIONID"]
    reply = await call.post(
        "/api/now/table/incident", {}, auth=None, headers={"Cookie": f"JSESSIONID={cookie}"}
    )
    assert reply.status_code == 401


async def test_a_policy_lets_in_only_the_mapped_profiles(ready: Caller) -> None:
    """Without our profile's mapping our token is refused, in the words of an unknown caller; Basic still works."""
    token = ready.token()
    assert (await ready.get(f"{CASES}?sysparm_limit=1", auth=token)).status_code == 200
    policy = ready.lab.store.find("sys_api_access_policy", "name=TheLoops Table API Access")[0]["sys_id"]
    for row in ready.lab.store.find("sys_auth_profile_mapping", f"api_access_policy={policy}"):
        profile = ready.lab.store.get("inbound_auth_profile", row["inbound_auth_profile"])
        if profile and profile["name"] == "TheLoops OAuth":
            ready.lab.store.remove("sys_auth_profile_mapping", row["sys_id"])
    reply = await ready.get(CASES, auth=token)
    assert (reply.status_code, reply.json()) == (401, UNAUTHENTICATED)
    assert "x-is-logged-in" not in reply.headers
    assert (await ready.get(CASES)).status_code == 200


async def test_a_restricted_token_reaches_no_api_without_a_policy(ready: Caller) -> None:
    """With the restriction on, an uncovered table is refused; with it off, its ACLs decide."""
    token = ready.token()
    reply = await ready.get("/api/now/table/sys_choice", auth=token)
    assert (reply.status_code, reply.json()) == (401, UNAUTHENTICATED)
    ready.lab.switches.change({"unpolicied_refusal": 403})
    assert (await ready.get("/api/now/table/sys_choice", auth=token)).status_code == 403
    ready.change("oauth_entity", "name=TheLoops Integration", restricted_binding="false")
    assert (await ready.get("/api/now/table/sys_choice?sysparm_limit=1", auth=token)).status_code == 200


async def test_a_read_policy_does_not_cover_writes(ready: Caller) -> None:
    """POST of an attachment is no GET, so a restricted token is refused."""
    reply = await ready(
        "POST", "/api/now/attachment/file", auth=ready.token(), content=b"x", headers={"Content-Type": "a/b"}
    )
    assert reply.json() == UNAUTHENTICATED


async def test_a_scope_protects_its_api(call: Caller) -> None:
    """An API with a scope answers only the clients that have it; Basic is not asked."""
    token = call.token("admin")
    scope = call.add("sys_auth_scope", name="cases")
    call.add(
        "sys_api_access_scope", name="s", api_path="now/table", auth_scope=scope,
        apply_all_methods="true", apply_all_resources="true", apply_all_versions="true",
    )  # fmt: skip
    reply = await call.get(CASES, auth=token)
    assert reply.status_code == 403
    assert reply.json() == refusal("User Not Authorized", "Missing required api access scope: cases")
    assert reply.headers["x-is-logged-in"] == "true"
    assert (await call.get(CASES)).status_code == 200
    entity = call.lab.store.find("oauth_entity")[0]["sys_id"]
    call.add("oauth_entity_auth_scope_mapping", oauth_entity=entity, auth_scope=scope)
    assert (await call.get(CASES, auth=token)).status_code == 200


async def test_a_securely_scoped_client_reaches_scoped_apis_only(call: Caller) -> None:
    """An API without a scope refuses a client that is confined to scopes, unless it has useraccount."""
    token = call.token("admin")
    call.change("oauth_entity", "name=TheLoops Integration", scope_restriction_status="restricted")
    reply = await call.get(CASES, auth=token)
    assert reply.status_code == 403
    assert reply.json() == refusal("User Not Authorized", "Access to unscoped api is not allowed")
    entity = call.lab.store.find("oauth_entity")[0]["sys_id"]
    everything = call.lab.store.find("sys_auth_scope", "name=useraccount")[0]["sys_id"]
    call.add("oauth_entity_auth_scope_mapping", oauth_entity=entity, auth_scope=everything)
    assert (await call.get(CASES, auth=token)).status_code == 200


@pytest.mark.parametrize("path", ["/api/sn_customerservice/case", "/api/now/account", "/api/now/v1/consumer"])
async def test_an_api_needs_its_own_role(call: Caller, path: str) -> None:
    """The Case and Account APIs ship with an ACL that asks for csm_ws_integration."""
    reply = await call.get(path, auth=LIMITED)
    assert reply.status_code == 403
    assert reply.json() == refusal("User Not Authorized", "Failed API level ACL Validation")


async def test_the_table_apis_own_acl_ships_inactive(call: Caller) -> None:
    """Activated, it asks for snc_platform_rest_api_access."""
    assert (await call.get(CASES, auth=LIMITED)).status_code == 200
    call.change("sys_security_acl", "name=Table API", active="true")
    reply = await call.get(CASES, auth=LIMITED)
    assert reply.json() == refusal("User Not Authorized", "Failed API level ACL Validation")
    assert (await call.get(CASES)).status_code == 200


async def test_a_table_closed_to_web_services_refuses_even_the_admin(call: Caller) -> None:
    """sys_db_object.ws_access decides."""
    call.change("sys_db_object", "name=incident", ws_access="false")
    reply = await call.get("/api/now/table/incident")
    assert reply.status_code == 403
    assert reply.json() == refusal("User Not Authorized", "Failed API level ACL Validation")


async def test_without_the_plugin_neither_tables_nor_apis_are_there(call: Caller) -> None:
    """A missing Customer Service plug-in is an invalid table, and no resource."""
    call.change("v_plugin", "id=com.sn_customerservice", active="inactive")
    reply = await call.get(CASES)
    assert (reply.status_code, reply.json()) == (
        400,
        refusal("Invalid table sn_customerservice_case", "Table sn_customerservice_case does not exist"),
    )
    for path in ("/api/sn_customerservice/case", "/api/now/account", "/api/now/nothing"):
        reply = await call.get(path)
        assert reply.status_code == 400
        assert reply.json() == refusal("Requested URI does not represent any resource", None)


async def test_the_rate_limit_says_when_to_come_back(call: Caller) -> None:
    """After the limit the answer is 429 with the documented headers."""
    call.lab.switches.change({"rate_limit": 2})
    replies = [await call.get(f"{CASES}?sysparm_limit=1") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    last = replies[-1]
    detail = "Rate limit of 2 requests per hour for Table API exceeded"
    assert last.json() == refusal("Rate limit exceeded", detail)
    assert last.headers["x-ratelimit-limit"] == "2"
    assert 0 < int(last.headers["retry-after"]) <= 3600


async def test_a_batch_sends_each_request_through_the_layers(call: Caller) -> None:
    """One that is refused does not stop the others, and one that cannot be read is not served."""
    one = "/api/now/table/incident?sysparm_fields=number"
    requests = [
        {"id": "1", "method": "GET", "url": f"{one}&sysparm_query=number=INC0010001"},
        {"id": "2", "method": "GET", "url": "/api/now/table/nothing"},
        {"id": "3", "method": "POST", "url": "/api/now/table/incident", "body": "***"},
    ]
    body = {"batch_request_id": "7", "rest_requests": requests}
    found = (await call.post("/api/now/v1/batch", body, auth=ADMIN)).json()
    served = found["serviced_requests"]
    assert [(item["id"], item["status_code"]) for item in served] == [("1", 200), ("2", 400)]
    assert base64.b64decode(served[0]["body"]) == b'{"result": [{"number": "INC0010001"}]}'
    assert found["unserviced_requests"] == ["3"]
