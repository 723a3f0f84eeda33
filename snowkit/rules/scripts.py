"""Renders the scripts of the business rules from a pack's templates; values enter as JSON literals only."""

from __future__ import annotations

import json
from collections.abc import Sequence

import jinja2

from snowkit.errors import PackError
from snowkit.pack.load import home
from snowkit.pack.model import Pack, Rule


def render(pack: Pack, rule: Rule, *, prefix: str, when: str, signing: bool, tables: Sequence[str]) -> str:
    """Return the script of a rule, in ECMAScript 5; raises `PackError` when its template is wrong."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(home(pack.name)),
        autoescape=False,  # noqa: S701 - a script is not HTML, and every value passes the filter js
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["js"] = literal
    try:
        return environment.get_template(rule.template).render(
            name=rule.name,
            prefix=prefix,
            tables=list(tables),
            when=when,
            signing=signing,
        )
    except jinja2.TemplateError as error:
        raise PackError(
            f"The template {rule.template} is wrong: {error}.", "Correct the pack's template."
        ) from error


def literal(value: object) -> str:
    """Return a JavaScript literal that no value can leave: ASCII only, and `</` broken up."""
    return json.dumps(value, ensure_ascii=True).replace("</", "<\\/")
