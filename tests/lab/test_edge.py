"""What stands before the instance."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest

from snowkit.lab.control import PREFIX
from snowkit.lab.instance import Lab


@pytest.mark.parametrize(
    ("away", "status", "says"),
    [
        ("hibernating", 200, "Your instance is hibernating"),
        ("offline", 503, "currently offline"),
        ("login", 200, 'action="/login.do"'),
        ("hibernating", 200, "<title>Instance Hibernating page</title>"),
        ("hibernating", 200, 'class="instance-hibernating-page"'),
        ("login", 200, "<title>Sign In | ServiceNow</title>"),
    ],
)
@pytest.mark.parametrize("path", ["/api/now/table/task", "/oauth_token.do", "/login.do", "/nosuch"])
async def test_an_instance_that_is_away_answers_html_everywhere(
    client: httpx.AsyncClient, lab: Lab, away: str, status: int, says: str, path: str
) -> None:
    """Whatever was asked for."""
    lab.change_switches({"away": away})
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert says in answer.text


async def test_a_dead_session_may_be_sent_to_the_login_page(client: httpx.AsyncClient, lab: Lab) -> None:
    """A redirect instead of the login page itself."""
    lab.change_switches({"away": "login_redirect"})
    answer = await client.get("/api/now/table/task")
    assert (answer.status_code, answer.headers["location"]) == (302, "/login.do")


@pytest.mark.parametrize("length", [23_000, 60_000, 200_000])
def test_a_long_address_is_refused_and_not_cut_off(length: int) -> None:
    """414 in HTML, over a real socket, for an encoded query of 23,000 characters and for far more."""
    with Lab(cases=0) as lab:
        connection = HTTPConnection(urlsplit(lab.url).netloc, timeout=10)
        connection.request("GET", f"/api/now/table/incident?sysparm_query={'a' * length}")
        answer = connection.getresponse()
        page = answer.read().decode()
        connection.close()
    assert answer.status == 414
    assert "414 Request-URI Too Large" in page
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_how_long_an_address_may_be_is_a_switch(client: httpx.AsyncClient, lab: Lab) -> None:
    """Path and query count."""
    lab.change_switches({"longest_url": 20})
    assert (await client.get("/login.do")).status_code == 200
    assert (await client.get("/login.do?x=12345678901")).status_code == 414


@pytest.mark.parametrize("path", ["/login.do", "/api/now/table/task", "/oauth_token.do", "/nosuch"])
async def test_every_answer_names_the_server_once(client: httpx.AsyncClient, path: str) -> None:
    """Server: ServiceNow, and the load balancer's cookie until the client sends it."""
    answer = await client.get(path)
    assert answer.headers.get_list("server") == ["ServiceNow"]
    assert "BIGipServerpool_lab=2843957002.9537.0000; path=/; Httponly" in answer.headers.get_list(
        "set-cookie"
    )
    assert "strict-transport-security" not in answer.headers
    assert "BIGipServerpool_lab" not in (await client.get(path)).headers.get("set-cookie", "")


async def test_over_tls_browsers_are_told_to_stay_there(lab: Lab) -> None:
    """Strict-Transport-Security, and Secure cookies."""
    transport = httpx.ASGITransport(app=lab.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://instance.example") as client:
        answer = await client.get("/api/now/table/incident")
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))


async def test_the_control_address_is_never_away(client: httpx.AsyncClient, lab: Lab) -> None:
    """Or nobody could wake the instance."""
    lab.change_switches({"away": "hibernating", "bad_gateway_percent": 100})
    answer = await client.patch(f"{PREFIX}/switches", json={"away": "no"})
    assert answer.json()["result"]["away"] == "no"


async def test_the_edge_fails_as_often_as_it_should(client: httpx.AsyncClient, lab: Lab) -> None:
    """A quarter means every fourth."""
    lab.change_switches({"bad_gateway_percent": 25})
    statuses = [(await client.get("/login.do")).status_code for _ in range(8)]
    assert [status == 502 for status in statuses] == [False, False, False, True] * 2


async def test_the_date_is_the_instance_s(client: httpx.AsyncClient, lab: Lab) -> None:
    """A wrong clock shows in the Date header of every answer."""
    lab.change_switches({"clock_skew": 7200.0})
    date = parsedate_to_datetime((await client.get("/login.do")).headers["date"])
    assert abs((date - lab.now()).total_seconds()) < 5


def test_json_comes_in_chunks() -> None:
    """As recorded, without a Content-Length."""
    with Lab(cases=0) as lab:
        answer = httpx.get(f"{lab.url}/api/now/table/incident", trust_env=False)
    assert answer.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in answer.headers
    assert answer.json()["status"] == "failure"


@pytest.mark.parametrize(
    ("shape", "said"),
    [("list", []), ("empty", {}), ("null", {"result": None}), ("text", {"result": "text"})],
)
async def test_a_rest_answer_may_have_another_shape(
    lab: Lab, client: httpx.AsyncClient, shape: str, said: object
) -> None:
    """Valid JSON, 200, and nothing that a client expects."""
    lab.switches.change({"wrong_shape": shape})
    answer = await client.get("/api/now/table/incident")
    assert (answer.status_code, answer.json()) == (200, said)


async def test_a_result_may_come_with_an_error_beside_it(lab: Lab, client: httpx.AsyncClient) -> None:
    """As a cancelled transaction answers, with 200."""
    lab.switches.change({"wrong_shape": "error"})
    answer = (await client.get("/api/now/table/incident")).json()
    assert answer["error"]["message"] == "Transaction cancelled: maximum execution time exceeded"
    assert answer["result"] == []


async def test_rest_paths_may_be_redirected_to_another_host(lab: Lab, client: httpx.AsyncClient) -> None:
    """Pages are not, and the query goes with it."""
    lab.switches.change({"redirect_to": "http://127.0.0.1:9/other/"})
    answer = await client.get("/api/now/table/incident?sysparm_limit=1")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "http://127.0.0.1:9/other/api/now/table/incident?sysparm_limit=1"
    assert not (await client.get("/login.do")).is_redirect


async def test_a_body_may_come_byte_by_byte(lab: Lab, client: httpx.AsyncClient) -> None:
    """It is whole in the end."""
    quick = await client.get("/api/now/table/incident")
    lab.switches.change({"byte_delay": 0.000001})
    assert (await client.get("/api/now/table/incident")).content == quick.content


@pytest.mark.parametrize(
    ("switch", "said"),
    [
        ("seconds", r"\d+"),
        ("date", r"\w{3}, \d\d \w{3} \d{4} \d\d:00:00 GMT"),
        ("day", "86400"),
        ("junk", "soon"),
    ],
)
async def test_a_rate_limit_says_when_to_come_again_in_several_ways(
    lab: Lab, client: httpx.AsyncClient, switch: str, said: str
) -> None:
    """Seconds, an HTTP date, a whole day, and no time at all."""
    lab.switches.change({"rate_limit": 1, "retry_after": switch})
    login = ("admin", "admin-of-the-lab")
    await client.get("/api/now/table/incident", auth=login)
    answer = await client.get("/api/now/table/incident", auth=login)
    assert answer.status_code == 429
    assert re.fullmatch(said, answer.headers["Retry-After"])
