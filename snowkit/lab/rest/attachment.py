"""The Attachment API: files on records, their metadata and their bytes.

source: rest_behaviour 3. Who may read the record reads its files; who may write it attaches to it.
"""

from __future__ import annotations

import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from snowkit.errors import LabError
from snowkit.lab import properties
from snowkit.lab.abort import Aborted
from snowkit.lab.acl import HIDDEN
from snowkit.lab.rest import body, queries, shape, writes
from snowkit.lab.rest.apis import ATTACHMENT, Endpoint
from snowkit.lab.rest.call import Answer, Call, Refused, denied, no_record
from snowkit.lab.store import Row

_TABLE = "sys_attachment"
_LIMIT = 1000
_MEGABYTE = 1024 * 1024
_SHOWN = (
    "sys_id", "table_name", "table_sys_id", "file_name", "content_type", "size_bytes", "size_compressed",
    "compressed", "image_width", "image_height", "average_image_color", "hash", "state", "chunk_size_bytes",
    "sys_created_on", "sys_created_by", "sys_updated_on", "sys_updated_by", "sys_mod_count", "sys_tags",
)  # fmt: skip


def _list(call: Call) -> Answer:
    query = queries.asked(call, _TABLE)
    limit, offset = call.count("sysparm_limit", _LIMIT), call.count("sysparm_offset", 0)
    found = call.lab.store.find(_TABLE, query, limit=limit, offset=offset, asker=call.asker)
    rows = [row for row in found if call.acl.may("read", _TABLE, row)]
    if len(rows) < len(found) and call.lab.switches.current.unreadable_attachments == "forbidden":
        raise Refused(403, "User Not Authorized", None)
    headers = queries.headers(call, _TABLE, query, limit, offset)
    return Answer(result=[_metadata(call, row) for row in rows], headers=headers)


def _one(call: Call) -> Answer:
    return Answer(result=_metadata(call, writes.readable(call, _TABLE, call.parts["sys_id"])))


def _file(call: Call) -> Answer:
    row = writes.readable(call, _TABLE, call.parts["sys_id"])
    content_type = row["content_type"] or "application/octet-stream"
    # ServiceNow's own client asks for JSON, whatever the file is, and gets the file (its own tests, PySNC).
    body.accepted(call.incoming, (content_type.partition(";")[0].strip().lower(), body.JSON))
    content = call.lab.store.get_bytes(row["sys_id"])
    if content is None:
        raise no_record()
    described = json.dumps(_metadata(call, row))
    return Answer(content=content, media_type=content_type, headers=(("X-Attachment-Metadata", described),))


def _post_file(call: Call) -> Answer:
    content_type = call.incoming.headers.get("content-type", "")
    if not content_type:
        raise Refused(400, "Content-Type header is missing", None)
    given = [call.parameter(name) for name in ("table_name", "table_sys_id", "file_name")]
    return attach(call, given, content_type, call.incoming.body)


def _upload(call: Call) -> Answer:
    """Read a form of table_name, table_sys_id and, last, the file."""
    kind = call.incoming.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise Refused(415, "Unsupported Media Type", None)
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1")
    fields: dict[str, str] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + call.incoming.body).iter_parts():
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        file_name = part.get_filename()
        if file_name is not None:
            given = [fields.get("table_name", ""), fields.get("table_sys_id", ""), file_name]
            return attach(call, given, part.get_content_type(), data)
        name = part.get_param("name", header="content-disposition")
        fields[str(name)] = data.decode("utf-8", "replace").strip()
    raise _missing()


def _rename(call: Call) -> Answer:
    given = body.record(call.incoming, malformed=call.lab.switches.current.malformed_json)
    changes = {"file_name": str(given["file_name"])} if "file_name" in given else {}
    writes.update(call, _TABLE, call.parts["sys_id"], changes)
    return Answer(204)


def _delete(call: Call) -> Answer:
    writes.delete(call, _TABLE, call.parts["sys_id"])
    return Answer(204)


def attach(call: Call, given: list[str], content_type: str, content: bytes) -> Answer:
    """Attach a file to the record that `given` names: table, sys_id, file name. Raises `Refused`."""
    table, sys_id, file_name = given
    if not table or not sys_id or not file_name:
        raise _missing()
    parent = table.removeprefix(HIDDEN)
    if call.lab.schema.get(parent) is None:
        raise no_record()
    writes.readable(call, parent, sys_id)
    most = properties.number(call.lab.store, "com.glide.attachment.max_size", 1024) * _MEGABYTE
    if len(content) > most:
        raise Refused(400, "File is too large", f"Max allowed: {most} bytes.")
    if not call.acl.may("create", _TABLE, {"table_name": table, "table_sys_id": sys_id}):
        raise denied("Insert")
    try:
        row = call.lab.records.attach(table, sys_id, file_name, content_type, content, call.session)
    except (Aborted, LabError) as stopped:
        raise denied("Insert") from stopped
    # The bytes' address, below the version that the caller used (PySNC's own tests).
    location = f"{call.incoming.base_url}{call.incoming.path.rpartition('/')[0]}/{row['sys_id']}/file"
    user = call.lab.people.named(call.session.user_name) or {}
    names = dict.fromkeys(("created_by_name", "updated_by_name"), user.get("name", ""))
    return Answer(201, _metadata(call, row) | names, (("Location", location),))


def _metadata(call: Call, row: Row) -> dict[str, Any]:
    shaped = shape.record(call, _TABLE, row, shape.Look(_SHOWN))
    return shaped | {"download_link": f"{call.incoming.base_url}/api/now/attachment/{row['sys_id']}/file"}


def _missing() -> Refused:
    return Refused(400, "Required parameter missing", "table_name, table_sys_id and file_name are needed")


ENDPOINTS = (
    Endpoint(ATTACHMENT, "/now/attachment", {"GET": _list}),
    Endpoint(ATTACHMENT, "/now/attachment/file", {"POST": _post_file}),
    Endpoint(ATTACHMENT, "/now/attachment/upload", {"POST": _upload}),
    Endpoint(ATTACHMENT, "/now/attachment/{sys_id}", {"GET": _one, "PATCH": _rename, "DELETE": _delete}),
    Endpoint(ATTACHMENT, "/now/attachment/{sys_id}/file", {"GET": _file}),
)
