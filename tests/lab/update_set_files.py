"""Writes update sets by hand, in the anatomy of an export, good ones and broken ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

HEADER_ID = "a" * 32
STAMP = "2026-11-24 10:00:00"


@dataclass
class Set:
    """An update set in the making; `application` is that of the header and of every update."""

    name: str = "TheLoops rules"
    sys_id: str = HEADER_ID
    application: str = "global"
    updates: list[str] = field(default_factory=list)

    def add(
        self,
        table: str,
        sys_id: str,
        *,
        action: str = "INSERT_OR_UPDATE",
        application: str | None = None,
        payload: str | None = None,
        remote: str | None = None,
        names: dict[str, str] | None = None,
        stamp: str = STAMP,
        **values: str,
    ) -> Set:
        """Add an update of one record; `payload` replaces the whole document of the record."""
        record = {"sys_id": sys_id, "sys_class_name": table, "sys_updated_on": stamp, **values}
        fields = "".join(
            _field(name, value, (names or {}).get(name, "")) for name, value in sorted(record.items())
        )
        document = payload or (
            f'<?xml version="1.0" encoding="UTF-8"?><record_update table="{table}"><{table} action="{action}">'
            f'{fields}</{table}><sys_translated_text action="delete_multiple" query="documentkey={sys_id}"/>'
            "</record_update>"
        )
        number, name = len(self.updates), values.get("name", "")
        self.updates.append(
            f'<sys_update_xml action="INSERT_OR_UPDATE">\n<action>{action}</action>\n'
            f"<application>{self.application if application is None else application}</application>\n"
            f"<category>customer</category>\n<name>{table}_{sys_id}</name>\n"
            f"<payload><![CDATA[{document}]]></payload>\n<payload_hash/>\n"
            f'<remote_update_set display_value="{self.name}">{remote or self.sys_id}</remote_update_set>\n'
            f"<sys_id>{self.sys_id[:28]}{number:04}</sys_id>\n<target_name>{name}</target_name>\n"
            '<type>Record</type>\n<update_set display_value=""/>\n</sys_update_xml>\n'
        )
        return self

    def xml(self) -> bytes:
        """Return the file."""
        header = (
            '<sys_remote_update_set action="INSERT_OR_UPDATE">\n'
            f'<application display_value="Global">{self.application}</application>\n'
            "<application_name>Global</application_name>\n<application_scope>global</application_scope>\n"
            f"<description/>\n<name>{self.name}</name>\n<remote_sys_id>{'b' * 32}</remote_sys_id>\n"
            f"<state>loaded</state>\n<sys_id>{self.sys_id}</sys_id>\n</sys_remote_update_set>\n"
        )
        text = '<?xml version="1.0" encoding="UTF-8"?><unload unload_date="2026-11-24 10:00:00">\n'
        return (text + header + "".join(self.updates) + "</unload>").encode()


def _field(name: str, value: str, reference: str) -> str:
    named = f' name="{reference}"' if reference else ""
    return f"<{name}{named}>{escape(value)}</{name}>"


RULE = "1" * 32
PROPERTY = "2" * 32
SCRIPT = """(function executeRule(current, previous) {
  gs.info('imported <&> ' + current.number);
})(current, previous);"""


def good() -> Set:
    """Return a set of a rule and a property, which nothing stands in the way of."""
    return (
        Set()
        .add(
            "sys_script",
            RULE,
            name="Imported rule",
            collection="incident",
            when="after",
            active="true",
            advanced="true",
            action_insert="true",
            order="1000",
            script=SCRIPT,
            sys_scope="global",
        )
        .add("sys_properties", PROPERTY, name="theloops.webhook.enabled", value="true", type="string")
    )
