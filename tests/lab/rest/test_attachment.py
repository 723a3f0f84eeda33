"""The Attachment API keeps files and lets only those at them who may read the record."""

from __future__ import annotations

import json

from tests.lab.rest.conftest import LIMITED, NO_RECORD, Caller

ATTACHMENT = "/api/now/attachment"
CONTENT = bytes(range(256))


async def attach(call: Caller, name: str = "a b.bin") -> dict[str, str]:
    reply = await call(
        "POST",
        f"{ATTACHMENT}/file",
        params={
            "table_name": "sn_customerservice_case", "table_sys_id": call.case()["sys_id"], "file_name": name
        },
        content=CONTENT,
        headers={"Content-Type": "application/x-test"},
    )  # fmt: skip
    assert reply.status_code == 201
    result: dict[str, str] = reply.json()["result"]
    assert reply.headers["location"].endswith(f"{ATTACHMENT}/{result['sys_id']}/file")
    return result


async def test_bytes_come_back_as_they_went_in(call: Caller) -> None:
    """With their type and their metadata in a header."""
    row = await attach(call)
    assert (row["file_name"], row["size_bytes"]) == ("a b.bin", "256")
    assert row["created_by_name"] == row["updated_by_name"] == "System Administrator"
    assert row["download_link"] == f"http://instance.example{ATTACHMENT}/{row['sys_id']}/file"
    reply = await call.get(f"{ATTACHMENT}/{row['sys_id']}/file", headers={"Accept": "*/*"})
    assert reply.content == CONTENT
    assert reply.headers["content-type"] == "application/x-test"
    assert json.loads(reply.headers["x-attachment-metadata"])["size_bytes"] == "256"
    for accept, status in (("application/json", 200), ("text/html", 406)):
        reply = await call.get(f"{ATTACHMENT}/{row['sys_id']}/file", headers={"Accept": accept})
        assert reply.status_code == status


async def test_a_form_attaches_with_the_file_last(call: Caller) -> None:
    """multipart/form-data; without the record's name before the file nothing is attached."""
    case = call.case()["sys_id"]
    fields = {"table_name": "sn_customerservice_case", "table_sys_id": case}
    file = {"uploadFile": ("form.txt", b"line\r\nline", "text/plain")}
    reply = await call("POST", f"{ATTACHMENT}/upload", data=fields, files=file)
    assert reply.status_code == 201
    row = reply.json()["result"]
    assert (row["file_name"], row["content_type"], row["table_sys_id"]) == ("form.txt", "text/plain", case)
    assert call.lab.store.get_bytes(row["sys_id"]) == b"line\r\nline"
    assert (await call("POST", f"{ATTACHMENT}/upload", files=file)).status_code == 400


async def test_parameters_and_the_record_must_be_there(call: Caller) -> None:
    """400 without a parameter, 404 for a record that is missing or hidden."""
    path, kind = f"{ATTACHMENT}/file", {"Content-Type": "text/plain"}
    assert (await call("POST", path, content=b"x", headers=kind)).status_code == 400
    params = {"table_name": "incident", "table_sys_id": "0" * 32, "file_name": "x"}
    assert (await call("POST", path, content=b"x", headers=kind, params=params)).json() == NO_RECORD
    params = {
        "table_name": "sn_customerservice_case",
        "table_sys_id": call.case()["sys_id"],
        "file_name": "x",
    }
    reply = await call("POST", path, content=b"x", headers=kind, params=params, auth=LIMITED)
    assert reply.json() == NO_RECORD


async def test_who_may_not_read_the_record_sees_no_file(call: Caller) -> None:
    """Omitted from the list, 404 by itself, and so over the Table API."""
    row = await attach(call)
    reply = await call.get(ATTACHMENT, auth=LIMITED)
    assert reply.json() == {"result": []}
    assert reply.headers["x-total-count"] == "2"
    for path in (f"{ATTACHMENT}/{row['sys_id']}", f"/api/now/table/sys_attachment/{row['sys_id']}"):
        assert (await call.get(path, auth=LIMITED)).json() == NO_RECORD
    call.lab.switches.change({"unreadable_attachments": "forbidden"})
    assert (await call.get(ATTACHMENT, auth=LIMITED)).status_code == 403


async def test_the_table_api_has_no_download_link(call: Caller) -> None:
    """The Attachment API has."""
    row = await attach(call)
    shown = (await call.get(f"/api/now/table/sys_attachment/{row['sys_id']}")).json()["result"]
    assert "download_link" not in shown
    assert "download_link" in (await call.get(f"{ATTACHMENT}/{row['sys_id']}")).json()["result"]


async def test_a_file_is_renamed_and_deleted(call: Caller) -> None:
    """Both answer 204; the bytes are gone afterwards."""
    row = await attach(call)
    path = f"{ATTACHMENT}/{row['sys_id']}"
    assert (await call("PATCH", path, json={"file_name": "new.txt"})).status_code == 204
    assert (await call.get(path)).json()["result"]["file_name"] == "new.txt"
    assert (await call("DELETE", path)).status_code == 204
    assert (await call.get(f"{path}/file", headers={"Accept": "*/*"})).json() == NO_RECORD
    assert call.lab.store.get_bytes(row["sys_id"]) is None


async def test_bytes_may_come_later_than_the_row(call: Caller) -> None:
    """The row is there at once, the file is not yet."""
    call.lab.switches.change({"attachment_bytes_delay": 600.0})
    row = await attach(call)
    assert (await call.get(f"{ATTACHMENT}/{row['sys_id']}")).status_code == 200
    assert (
        await call.get(f"{ATTACHMENT}/{row['sys_id']}/file", headers={"Accept": "*/*"})
    ).status_code == 404


async def test_a_hidden_file_follows_its_record_too(call: Caller) -> None:
    """An image in a field has ZZ_YY before the table's name, and the record's rights."""
    params = {"table_name": "ZZ_YYincident", "table_sys_id": call.add("incident"), "file_name": "x.png"}
    kind = {"Content-Type": "image/png"}
    reply = await call("POST", f"{ATTACHMENT}/file", params=params, content=b"x", headers=kind)
    assert reply.status_code == 201
    path = f"{ATTACHMENT}/{reply.json()['result']['sys_id']}"
    assert reply.json()["result"]["table_name"] == "ZZ_YYincident"
    assert (await call.get(path, auth=LIMITED)).json() == NO_RECORD
    call.acl("incident", "read", "snc_internal")
    assert (await call.get(path, auth=LIMITED)).status_code == 200


async def test_a_list_is_filtered_and_cut_at_a_thousand(call: Caller) -> None:
    """sysparm_query on the columns, and a default limit of 1000 in the Link."""
    row = await attach(call, "one.txt")
    reply = await call.get(ATTACHMENT, params={"sysparm_query": "file_name=one.txt"})
    assert [found["sys_id"] for found in reply.json()["result"]] == [row["sys_id"]]
    assert "sysparm_limit=1000" in reply.headers["link"]
    documented = {
        "table_sys_id", "size_bytes", "download_link", "sys_updated_on", "sys_id", "image_height", "sys_created_on",
        "file_name", "sys_created_by", "compressed", "average_image_color", "sys_updated_by", "sys_tags",
        "table_name", "image_width", "sys_mod_count", "content_type", "size_compressed",
    }  # fmt: skip
    assert documented <= set(reply.json()["result"][0])


async def test_a_file_needs_its_type(call: Caller) -> None:
    """400 without a Content-Type."""
    params = {"table_name": "incident", "table_sys_id": call.add("incident"), "file_name": "x"}
    assert (await call("POST", f"{ATTACHMENT}/file", params=params, content=b"x")).status_code == 400


async def test_files_go_with_their_record(call: Caller) -> None:
    """Deleting the case deletes its files and their bytes."""
    row = await attach(call)
    assert (
        await call("DELETE", f"/api/now/table/sn_customerservice_case/{row['table_sys_id']}")
    ).status_code == 204
    assert (await call.get(f"{ATTACHMENT}/{row['sys_id']}")).json() == NO_RECORD
    assert call.lab.store.get_bytes(row["sys_id"]) is None
