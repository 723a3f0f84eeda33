"""The CI/CD API previews, commits and backs out sets that were uploaded, and says how each went."""

from __future__ import annotations

from typing import Any

import httpx

from snowkit.lab.session import SYSTEM
from snowkit.lab.update_sets import UpdateSets
from tests.lab.rest.conftest import LIMITED, Caller, refusal
from tests.lab.update_set_files import HEADER_ID, RULE, Set, good

SETS = "/api/sn_cicd/update_set"


async def finished(call: Caller, answer: httpx.Response) -> dict[str, Any]:
    """Follow the link of a first answer, which is pending, to what came of the work."""
    result = answer.json()["result"]
    assert (answer.status_code, result["status"], result["status_label"]) == (200, "0", "Pending")
    done: dict[str, Any] = (await call.get(result["links"]["progress"]["url"])).json()["result"]
    return done


async def test_a_set_is_previewed_committed_and_backed_out(call: Caller) -> None:
    """Each answer links to its progress."""
    store = call.lab.store
    UpdateSets(call.lab).load(good().xml(), SYSTEM)
    for step in (f"preview/{HEADER_ID}", f"commitMultiple?remote_update_set_ids={HEADER_ID}"):
        done = await finished(call, await call("POST", f"{SETS}/{step}"))
        assert (done["status"], done["status_label"], done["percent_complete"]) == ("2", "Successful", 100)
    assert store.get("sys_script", RULE) is not None
    local = (store.get("sys_remote_update_set", HEADER_ID) or {})["update_set"]
    backed = await call("POST", f"{SETS}/back_out", params={"update_set_id": local})
    assert (await finished(call, backed))["status"] == "2"
    assert store.get("sys_script", RULE) is None


async def test_a_commit_with_problems_fails_with_a_reason(call: Caller) -> None:
    """The progress says Failed and what to do; the first answer does not."""
    sets = UpdateSets(call.lab)
    sets.load(Set().add("u_nowhere", "6" * 32).xml(), SYSTEM)
    sets.preview(HEADER_ID, SYSTEM)
    done = await finished(call, await call("POST", f"{SETS}/commit/{HEADER_ID}"))
    assert (done["status"], done["status_label"]) == ("3", "Failed")
    assert "Accept or skip" in done["error"]


async def test_a_set_is_created(call: Caller) -> None:
    """A name is needed; the answer is 201 and the set's id."""
    made = await call("POST", f"{SETS}/create", params={"update_set_name": "Mine"})
    assert made.status_code == 201
    row = call.lab.store.get("sys_update_set", made.json()["result"]["update_set_id"])
    assert row and (row["name"], row["state"]) == ("Mine", "in progress")
    assert (await call("POST", f"{SETS}/create")).status_code == 400


async def test_what_is_not_there_is_404(call: Caller) -> None:
    """Unknown sets and unknown progress."""
    assert (await call("POST", f"{SETS}/preview/{HEADER_ID}")).status_code == 404
    assert (await call.get(f"/api/sn_cicd/progress/{HEADER_ID}")).status_code == 404


async def test_only_the_ci_role_or_an_admin_may(call: Caller) -> None:
    """Others get 403, nobody 401, and without its plug-in the API is not there."""
    path = f"{SETS}/preview/{HEADER_ID}"
    UpdateSets(call.lab).load(good().xml(), SYSTEM)
    assert (await call("POST", path, auth=LIMITED)).status_code == 403
    assert (await call("POST", path, auth=None)).status_code == 401
    role = call.lab.store.find("sys_user_role", "name=sn_cicd.sys_ci_automation")[0]["sys_id"]
    user = call.lab.store.find("sys_user", "user_name=limited")[0]["sys_id"]
    call.add("sys_user_has_role", user=user, role=role)
    assert (await call("POST", path, auth=LIMITED)).status_code == 200
    call.change("v_plugin", "id=com.glide.continuousdelivery", active="inactive")
    gone = await call("POST", path)
    assert (gone.status_code, gone.json()) == (
        400,
        refusal("Requested URI does not represent any resource", None),
    )


async def test_a_retrieved_set_is_not_moved_by_its_state(call: Caller) -> None:
    """A PATCH of the state answers 200 and is ignored; a file's XML as a body is 400."""
    UpdateSets(call.lab).load(good().xml(), SYSTEM)
    path = f"/api/now/table/sys_remote_update_set/{HEADER_ID}"
    reply = await call("PATCH", path, json={"state": "previewing"})
    assert (reply.status_code, reply.json()["result"]["state"]) == (200, "loaded")
    headers = {"Content-Type": "application/xml"}
    path = "/api/now/table/sys_remote_update_set"
    assert (await call("POST", path, content=good().xml(), headers=headers)).status_code == 400
