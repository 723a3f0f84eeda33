"""A request that every layer would refuse is refused by the first; each that opens shows the next."""

from __future__ import annotations

import pytest

from tests.lab.rest.conftest import UNAUTHENTICATED, Caller, refusal

CASES = "/api/now/table/sn_customerservice_case"
QUERY = {"sysparm_query": "sys_updated_on>=2000-01-01 00:00:00", "sysparm_fields": "number,priority"}


async def test_the_layers_refuse_in_the_documented_order(ready: Caller) -> None:
    """Edge, token, policy, scope, endpoint ACL, web services, query ACL, before-query rule, row ACL, field ACL."""
    token, lab = ready.token(), ready.lab
    table = "sn_customerservice_case"
    lab.switches.change({"away": "hibernating", "before_query": {table: "number=none"}})
    ready.change("oauth_credential", "type=access_token", expires="2020-01-01 00:00:00")
    ready.change("inbound_auth_profile", "name=TheLoops OAuth", active="false")
    scope = ready.add("sys_auth_scope", name="cases")
    protected = ready.add(
        "sys_api_access_scope", name="s", api_path="now/table", auth_scope=scope,
        apply_all_methods="true", apply_all_resources="true", apply_all_versions="true",
    )  # fmt: skip
    endpoint = ready.acl("Table API", "execute", "admin", type="REST_Endpoint")
    ready.change("sys_db_object", f"name={table}", ws_access="false")
    query_acl = ready.acl(f"{table}.sys_updated_on", "query_range", "admin")
    ready.change("sys_security_acl", f"name={table}^operation=read", active="false")
    row_acl = ready.acl(table, "read", "sn_customerservice_agent", condition="number=CS0001001")
    field_acl = ready.acl(f"{table}.priority", "read", "admin")

    async def answer() -> tuple[int, object]:
        reply = await ready.get(CASES, auth=token, params=QUERY)
        return reply.status_code, reply.json() if "json" in reply.headers["content-type"] else "html"

    assert await answer() == (200, "html")
    lab.switches.change({"away": "no"})
    assert await answer() == (401, UNAUTHENTICATED)
    ready.change("oauth_credential", "type=access_token", expires="2099-01-01 00:00:00")
    assert await answer() == (401, UNAUTHENTICATED)
    ready.change("inbound_auth_profile", "name=TheLoops OAuth", active="true")
    missing = refusal("User Not Authorized", "Missing required api access scope: cases")
    assert await answer() == (403, missing)
    lab.store.remove("sys_api_access_scope", protected)
    closed = refusal("User Not Authorized", "Failed API level ACL Validation")
    assert await answer() == (403, closed)
    lab.store.remove("sys_security_acl", endpoint)
    assert await answer() == (403, closed)
    ready.change("sys_db_object", f"name={table}", ws_access="true")
    no_query = refusal(
        "Insufficient rights to query records",
        "Field(s) present in the query do not have permission to be read",
    )
    assert await answer() == (403, no_query)
    lab.store.remove("sys_security_acl", query_acl)
    assert await answer() == (200, {"result": []})
    counted = await ready.get(CASES, auth=token, params=QUERY)
    assert counted.headers["x-total-count"] == "0"
    lab.switches.change({"before_query": {}})
    assert await answer() == (200, {"result": [{"number": "CS0001001"}]})
    counted = await ready.get(CASES, auth=token, params=QUERY)
    assert counted.headers["x-total-count"] == "3"
    lab.store.patch("sys_security_acl", row_acl, {"condition": ""})
    lab.store.remove("sys_security_acl", field_acl)
    found = (await answer())[1]
    assert isinstance(found, dict)
    assert set(found["result"][0]) == {"number", "priority"}


async def test_a_missing_table_is_told_before_its_query(ready: Caller) -> None:
    """400 Invalid table, though the query's field does not exist either."""
    ready.lab.switches.change({"invalid_query": "forbid"})
    reply = await ready.get("/api/now/table/none", params={"sysparm_query": "nothing=1"})
    assert reply.status_code == 400
    assert reply.json() == refusal("Invalid table none", "Table none does not exist")


@pytest.mark.parametrize(
    ("first_only", "advertised", "schemes"),
    [
        ("true", "false", ["BEARER"]),
        ("false", "false", ["BEARER", "BASIC"]),
        ("true", "true", ["BEARER", "BASIC"]),
    ],
)
async def test_a_policy_says_how_to_sign_in(
    ready: Caller, first_only: str, advertised: str, schemes: list[str]
) -> None:
    """The scheme of the profile mapped last, or of all by the property or "Advertise all auth schemes"."""
    name = "glide.security.response.authenticate.header.auth_profile.first_scheme_only"
    for row in ready.lab.store.find("sys_properties", f"name={name}"):
        ready.lab.store.remove("sys_properties", row["sys_id"])
    ready.add("sys_properties", name=name, value=first_only)
    policy = ready.lab.store.find("sys_api_access_policy", "name=TheLoops Case API Access")[0]["sys_id"]
    ready.change("sys_api_access_policy", f"sys_id={policy}", all_authn_scheme_authenticate_header=advertised)
    for row in ready.lab.store.find("sys_auth_profile_mapping", f"api_access_policy={policy}"):
        profile = ready.lab.store.get("inbound_auth_profile", row["inbound_auth_profile"]) or {}
        day = "2026-02-01" if profile["name"] == "TheLoops OAuth" else "2026-01-01"
        ready.lab.store.patch(
            "sys_auth_profile_mapping", row["sys_id"], {"sys_created_on": f"{day} 00:00:00"}
        )
    entity = ready.lab.store.get(
        "oauth_entity", ready.add("oauth_entity", name="Other", client_id="0" * 32, type="client")
    )
    user = ready.lab.people.named("integration")
    assert entity
    assert user
    token = ready.lab.tokens.current(entity, user["sys_id"], "access_token")["token"]
    reply = await ready.get("/api/sn_customerservice/case", auth=token)
    assert (reply.status_code, reply.json()) == (401, UNAUTHENTICATED)
    expected = [f'{scheme} realm="Service-now"' for scheme in schemes]
    assert reply.headers.get_list("www-authenticate") == expected


async def test_the_rate_limit_names_the_api(ready: Caller) -> None:
    """And gives the limit, the rule, and when the hour ends."""
    ready.lab.switches.change({"rate_limit": 1})
    token = ready.token()
    await ready.get("/api/sn_customerservice/case", auth=token)
    reply = await ready.get("/api/sn_customerservice/case", auth=token)
    assert reply.status_code == 429
    detail = "Rate limit of 1 requests per hour for Case API exceeded"
    assert reply.json() == refusal("Rate limit exceeded", detail)
    now = ready.lab.now().timestamp()
    assert 0 <= int(reply.headers["x-ratelimit-reset"]) - now <= 3600
    assert len(reply.headers["x-ratelimit-rule"]) == 32


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
async def test_a_cancelled_transaction_says_so_in_full(ready: Caller, method: str) -> None:
    """500 with the recorded detail."""
    ready.lab.switches.change({"transaction_quota": "error"})
    path = "/api/now/table/incident" + (f"/{ready.add('incident')}" if method == "PATCH" else "")
    body = {} if method == "GET" else {"json": {"description": "x"}}
    reply = await ready(method, path, **body)
    assert reply.status_code == 500
    assert reply.json() == refusal(
        "Transaction cancelled: maximum execution time exceeded",
        "Transaction cancelled: maximum execution time exceeded Check logs for error trace or enable "
        "glide.rest.debug property to verify REST request processing",
    )
