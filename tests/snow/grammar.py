"""Snowflake's grammar, as sqlfluff has it: a statement that it cannot parse is one that we got wrong, but for what stands here."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

#: What Snowflake's documentation has and sqlfluff has not; written so that it parses, each as narrow as it can be.
_KNOWN = (
    # the schema before the name of a new row access policy
    (r'(CREATE ROW ACCESS POLICY IF NOT EXISTS )(?:"\w+"\.)+', r"\1"),
    # a value that is bound
    (r"\?", "'?'"),
    # policies that are shown as masking policies are
    (r"SHOW ROW ACCESS POLICIES", "SHOW MASKING POLICIES"),
)


@cache
def _linter() -> Any:
    from sqlfluff.core import FluffConfig, Linter

    return Linter(config=FluffConfig(overrides={"dialect": "snowflake"}))


def assert_snowflake(statement: str) -> None:
    """Raises AssertionError unless the statement parses whole."""
    text = statement
    for pattern, instead in _KNOWN:
        text = re.sub(pattern, instead, text)
    parsed = _linter().parse_string(text + "\n")
    assert parsed.tree is not None, statement
    assert not parsed.violations, (statement, parsed.violations[0])
    assert not list(parsed.tree.recursive_crawl("unparsable")), statement
