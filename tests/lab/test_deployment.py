"""The CI/CD API previews, commits and backs out sets that were uploaded, and says how each went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from snowkit.lab.deployment import routes
from snowkit.lab.session import SYSTEM, Session
from snowkit.lab.update_sets import UpdateSets
from tests.lab.small import small_lab
from tests.lab.update_set_files import HEADER_ID, RULE, Set, good

NOBODY = Session("", "limited", frozenset({"snc_internal"}), "basic")


@pytest.fixture
def lab() -> Iterator[Any]:
    with small_lab() as lab:
        lab.store.put("sys_scope", {"sys_id": "global", "scope": "global", "name": "Global"})
        yield lab


def asking(lab: Any, caller: Session | Response = SYSTEM) -> httpx.AsyncClient:
    def identify(request: Request) -> Session | Response:
        return caller

    app = Starlette(routes=routes(lab, identify))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://lab")


async def finished(client: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
    """Follow the link of a first answer, which is pending, to what came of the work."""
    result = answer.json()["result"]
    assert (answer.status_code, result["status"], result["status_label"]) == (200, "0", "Pending")
    followed = await client.get(result["links"]["progress"]["url"])
    done: dict[str, Any] = followed.json()["result"]
    return done


async def test_a_set_is_previewed_committed_and_backed_out(lab: Any) -> None:
    """Each answer links to its progress."""
    UpdateSets(lab).load(good().xml(), SYSTEM)
    async with asking(lab) as client:
        for step in ("preview", "commit"):
            done = await finished(client, await client.post(f"/api/sn_cicd/update_set/{step}/{HEADER_ID}"))
            assert (done["status"], done["status_label"], done["percent_complete"]) == (
                "2",
                "Successful",
                100,
            )
        assert lab.store.get("sys_script", RULE) is not None
        local = lab.store.get("sys_remote_update_set", HEADER_ID)["update_set"]
        backed = await client.post("/api/sn_cicd/update_set/back_out", params={"update_set_id": local})
        assert (await finished(client, backed))["status"] == "2"
    assert lab.store.get("sys_script", RULE) is None


async def test_a_commit_with_problems_fails_with_a_reason(lab: Any) -> None:
    """The progress says Failed and what to do; the first answer does not."""
    sets = UpdateSets(lab)
    sets.load(Set().add("u_nowhere", "6" * 32).xml(), SYSTEM)
    sets.preview(HEADER_ID, SYSTEM)
    async with asking(lab) as client:
        done = await finished(client, await client.post(f"/api/sn_cicd/update_set/commit/{HEADER_ID}"))
    assert (done["status"], done["status_label"]) == ("3", "Failed")
    assert "Accept or skip" in done["error"]


async def test_what_is_not_there_is_404(lab: Any) -> None:
    """Unknown sets and unknown progress."""
    async with asking(lab) as client:
        assert (await client.post(f"/api/sn_cicd/update_set/preview/{HEADER_ID}")).status_code == 404
        assert (await client.get(f"/api/sn_cicd/progress/{HEADER_ID}")).status_code == 404


async def test_only_the_ci_role_or_an_admin_may(lab: Any) -> None:
    """Others get 403, and who is not let in gets the gate's answer."""
    path = f"/api/sn_cicd/update_set/preview/{HEADER_ID}"
    UpdateSets(lab).load(good().xml(), SYSTEM)
    for caller, status in ((NOBODY, 403), (Response(status_code=401), 401)):
        async with asking(lab, caller) as client:
            assert (await client.post(path)).status_code == status
            assert (await client.get("/api/sn_cicd/progress/x")).status_code == status
    robot = Session("", "robot", frozenset({"sn_cicd.sys_ci_automation"}), "basic")
    async with asking(lab, robot) as client:
        assert (await client.post(path)).status_code == 200
