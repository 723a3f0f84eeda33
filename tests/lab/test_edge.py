"""What stands before the instance."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

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
