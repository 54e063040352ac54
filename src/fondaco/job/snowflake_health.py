"""What `fondaco doctor warehouse` looks at on Snowflake: login, roles and places, the stage, policies in force; each finding names its fix."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Literal

from fondaco.errors import BuildError

if TYPE_CHECKING:
    from fondaco.governance import Plan
    from fondaco.settings import Settings
    from fondaco.warehouse.snowflake import Snowflake

Finding = tuple[Literal["ok", "warn", "bad", "skipped"], str, str | None]
_APPLY = "fondaco policy apply"


def findings(settings: Settings) -> Iterator[Finding]:
    """What is there and what is not, as the builder sees it; the first bad one is the one to mend.

    Raises:
        ConfigError: it is not said how to log in, or where the lake is.
        BuildError: Snowflake lets nobody in.
    """
    from fondaco.governance import plan_of
    from fondaco.governance.site import site_of
    from fondaco.warehouse.snowflake import opened

    site, plan = site_of(settings), plan_of(settings)
    with opened(settings, role=site.builder, tag="fondaco doctor") as session:
        user, account = session.execute("SELECT CURRENT_USER(), CURRENT_ACCOUNT()")[0]
        yield "ok", f"{account}: {user} is in, as {site.builder}", None
        if not (yield from _places(session, site.database)):
            return
        yield from _stage(session, site.database, str(site.lake))
        yield from _policies(session, plan, site.database)


def _places(session: Snowflake, database: str) -> Generator[Finding, None, bool]:
    from fondaco.governance.account import SCHEMAS

    try:
        there = {row["name"] for row in session.rows(f'SHOW SCHEMAS IN DATABASE "{database}"')}
    except BuildError:
        there = set()
    if missing := [schema for schema in SCHEMAS if schema not in there]:
        yield "bad", f"{database}: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing, or not the builder's to use", _APPLY
        return False
    yield "ok", f"{database}: {len(SCHEMAS)} schemas", None
    machines = {row["name"] for row in session.rows("SHOW WAREHOUSES")}
    if f"{database}_BUILD" not in machines:
        yield "bad", f"the virtual warehouse {database}_BUILD is missing, or not the builder's to use", _APPLY
        return False
    return True


def _stage(session: Snowflake, database: str, lake: str) -> Iterator[Finding]:
    stages = {row["name"]: row for row in session.rows(f'SHOW STAGES IN SCHEMA "{database}"."RAW"')}
    if "LAKE" not in stages:
        yield "bad", f"{database}.RAW: there is no stage LAKE", _APPLY
    elif stages["LAKE"]["url"] != lake:
        yield "bad", f"{database}.RAW.LAKE shows {stages['LAKE']['url']}, and the lake is {lake}", _APPLY
    else:
        try:
            session.execute(f'LIST @"{database}"."RAW"."LAKE"/__doctor__/')
        except BuildError as error:
            fix = "let the AWS role trust the integration: `DESC INTEGRATION` says whom, docs/how-to/snowflake.md how"
            yield "bad", f"{database}.RAW.LAKE cannot be listed: {error.message}", fix
        else:
            yield "ok", f"{database}.RAW.LAKE shows {lake}", None


def _policies(session: Snowflake, plan: Plan, database: str) -> Iterator[Finding]:
    """Whether the policies are in force on what was built: a table without them shows its rows to whoever can read it."""
    from fondaco.governance.snowflake import protected

    wanted, waiting = protected(plan), 0
    for schema in dict.fromkeys(schema for schema, _ in wanted):
        there = {row["name"] for row in session.rows(f'SHOW TABLES IN SCHEMA "{database}"."{schema}"')}
        for (layer, table), policies in wanted.items():
            if layer != schema:
                continue
            if table not in there:
                waiting += 1
                continue
            entity = f"{database}.{schema}.{table}"
            asked = (
                f'SELECT POLICY_NAME, POLICY_STATUS FROM TABLE("{database}".INFORMATION_SCHEMA.POLICY_REFERENCES('
                f"REF_ENTITY_NAME => '{entity}', REF_ENTITY_DOMAIN => 'TABLE'))"
            )
            active = {row["policy_name"] for row in session.rows(asked) if row["policy_status"] == "ACTIVE"}
            if missing := sorted(policies - active):
                yield "bad", f"{entity}: not in force: {', '.join(missing)}", "fondaco build --full-refresh"
    yield "ok", f"{len(wanted) - waiting} of {len(wanted)} relations with policies are built, and looked at", None
