"""Makes everything that the customer's administrator receives: the sets, the hand-over, the change request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import jinja2

from snowkit import __version__
from snowkit.access.openings import Grant, Opening, grants, openings
from snowkit.access.records import Acl, Policy
from snowkit.errors import PackError, UsageError
from snowkit.pack.load import home
from snowkit.pack.model import Pack, Property
from snowkit.rules.scripts import render
from snowkit.updateset import draft
from snowkit.updateset.draft import Draft
from snowkit.updateset.handover import sections
from snowkit.updateset.ids import Build
from snowkit.updateset.options import Options
from snowkit.updateset.write import write

TOOL = f"snowkit {__version__}"


@dataclass(frozen=True, slots=True)
class Generated:
    """One build: `files` by name, and what they hold, for a summary."""

    files: dict[str, str]
    rules: tuple[Draft, ...]
    access: tuple[Draft, ...]
    opened: tuple[Opening, ...]
    grants: tuple[Grant, ...]
    notes: tuple[str, ...]

    @property
    def withheld(self) -> tuple[Opening, ...]:
        """The rights for which no ACL was written, with the reason and the role to grant instead."""
        return tuple(opening for opening in self.opened if not opening.ours)


def generate(
    pack: Pack,
    options: Options,
    *,
    acls: Sequence[Acl] | None,
    build: Build,
    now: datetime,
    policies: Sequence[Policy] = (),
) -> Generated:
    """Return the files; `now` is UTC.

    `acls` is what a snapshot shows, None without one; `policies` are the instance's own, for the hand-over, as
    far as somebody read them. Raises `UsageError` for a rule or a region that the pack does not have, and what
    the writers raise.
    """
    if pack.redirect_url(options.region) is None:
        raise UsageError(
            f"{pack.title} has no region {options.region!r}.",
            f"Choose from {', '.join(row.region for row in pack.redirect)}.",
        )
    rules = _rules(pack, options)
    opened = openings(pack, acls)
    granted = grants(pack, opened)
    access = _access(pack, options, opened)
    back = [replace(item, action="DELETE") for item in (*rules, *access)]
    made_by = f"Made by {TOOL} for {pack.title}."
    files = {
        "rules.xml": write(
            f"{pack.title} webhook rules", f"Webhook business rules. {made_by}", rules, build=build, now=now
        ),
        "access.xml": write(
            f"{pack.title} access", f"Role and ACLs. {made_by}", access, build=build, now=now
        ),
        "rollback.xml": write(
            f"{pack.title} roll-back", f"Deletes both sets. {made_by}", back, build=build, now=now
        ),
    }
    notes = _notes(pack, options, opened)
    errands = sections(pack, options, opened, granted, policies)
    values = {
        "pack": pack,
        "options": options,
        "sections": errands,
        "rules": rules,
        "access": access,
        "opened": opened,
        "grants": granted,
        "notes": notes,
        "made_on": now.strftime("%Y-%m-%d %H:%M UTC"),
        "tool": TOOL,
    }
    for name in ("handover.md", "handover.html"):
        files[name] = _text(pack, name, values)
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    files["change.md"] = _text(pack, "change.md", {**values, "hashes": hashes})
    return Generated(files, tuple(rules), tuple(access), opened, granted, notes)


def _rules(pack: Pack, options: Options) -> list[Draft]:
    known = {rule.id for rule in pack.rule}
    for wanted in options.rules:
        if wanted not in known:
            raise UsageError(f"There is no rule {wanted}.", f"Choose from {', '.join(sorted(known))}.")
    made = [
        draft.rule(
            pack,
            options.prefix,
            rule,
            script=render(
                pack,
                rule,
                prefix=options.prefix,
                when=options.when,
                signing=options.signing,
                tables=pack.case_tables,
            ),
            when=options.when,
            tool=TOOL,
        )
        for rule in pack.rule
        if not options.rules or rule.id in options.rules
    ]
    for row in pack.property:
        made.extend(_properties(pack, options, row))
    return made


def _properties(pack: Pack, options: Options, row: Property) -> list[Draft]:
    if row.only_with == "signing" and not options.signing:
        return []
    if row.per_instance:
        return [
            draft.system_property(pack, options.prefix, row, instance=name, value=url)
            for name, url in sorted(options.instances.items())
        ]
    chosen = {"enabled": options.enabled, "work_notes": options.work_notes}
    value = ("true" if chosen[row.id] else "false") if row.id in chosen else row.value
    return [draft.system_property(pack, options.prefix, row, value=value)]


def _access(pack: Pack, options: Options, opened: Sequence[Opening]) -> list[Draft]:
    made = [draft.role(pack, options.prefix)]
    for opening in opened:
        if opening.ours:
            made.extend(draft.acl(pack, options.prefix, opening.table, opening.operation))
    return made


def _notes(pack: Pack, options: Options, opened: Sequence[Opening]) -> tuple[str, ...]:
    notes = []
    if not options.instances:
        notes.append(
            "No instance was named, so no property holds a webhook URL and the rules post nothing yet."
        )
    notes.extend(
        f"The webhook URL of {name} is empty: its rules post nothing yet."
        for name, url in options.instances.items()
        if not url
    )
    withheld = sum(not opening.ours for opening in opened)
    if withheld:
        notes.append(
            f"{withheld} ACL(s) were withheld; the hand-over names the role to grant, or the ACL to make by hand."
        )
    if options.signing:
        notes.append(
            f"Signing: fill the property {options.prefix}.webhook.secret by hand; until then nothing is posted."
        )
    notes.append(f"The payload is snowkit's own, not confirmed by {pack.title}.")
    return tuple(notes)


def _text(pack: Pack, name: str, values: dict[str, object]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(home(pack.name)),
        autoescape=name.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=None if name.endswith(".html") else _markdown,
    )
    try:
        return environment.get_template(f"{name}.j2").render(values)
    except jinja2.TemplateError as error:
        raise PackError(
            f"The template {name}.j2 is wrong: {error}.", "Correct the pack's template."
        ) from error


def _markdown(value: object) -> object:
    """Keep names that come from an instance from ending a table's cell or opening a tag."""
    if not isinstance(value, str):
        return value
    return re.sub(r"[\x00-\x1f\x7f]", " ", value).replace("<", "&lt;").replace("|", "\\|")
