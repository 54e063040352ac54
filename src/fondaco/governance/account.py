"""What is to be there on Snowflake before a build: a list of things, each with the role that makes it and the statements that do.

A thing that is missing is created, one that is other than it should be is changed, and nothing is ever replaced: grants and policies in force stay.
Roles and their users are USERADMIN's and SECURITYADMIN's, objects SYSADMIN's, what reaches out of the account ACCOUNTADMIN's. What a build
makes belongs to the builder's role; that role hands out nothing, because all schemas have managed access.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from fondaco.governance import snowflake
from fondaco.governance.plan import Plan
from fondaco.governance.sql import engine_type, identifier, literal

#: The layers of the warehouse, in the order in which the data flows.
SCHEMAS = ("RAW", "BRONZE", "OPS", "STAGING", "INTERMEDIATE", "REFERENCE", "HISTORY", "SILVER", "MARTS", "GOLD", "SERVE", "GOVERNANCE")
#: What the builder may make, by schema; of all others tables and views.
_MADE = {"RAW": ("EXTERNAL TABLE",), "SERVE": ("VIEW",), "GOVERNANCE": ()}
Property = tuple[str, str]


@dataclass(frozen=True)
class Site:
    """Where the warehouse is, and what it may cost: what fondaco.yml says, as far as statements go.

    Attributes:
        builder: the role that builds.
        lake: URL of the rows, with a slash at its end; None while nothing is said of S3: then neither integration nor stage is made.
        storage_role: AWS role of the storage integration.
        seconds_idle, build_seconds, ask_seconds: of the virtual warehouses.
    """

    database: str
    builder: str
    build_users: tuple[str, ...] = ()
    lake: str | None = None
    storage_role: str | None = None
    build_size: str = "XSMALL"
    ask_size: str = "XSMALL"
    seconds_idle: int = 60
    build_seconds: int = 7200
    ask_seconds: int = 600
    credits: int | None = None
    retention_days: int = 7

    @property
    def mark(self) -> str:
        """The comment by which a role is known to be ours."""
        return f"fondaco {self.database}"


@dataclass(frozen=True)
class Thing:
    """Something that is to be there.

    Attributes:
        kind, name: what it is known by when what is there is read.
        role: who makes it and changes it.
        said: what it is to be like, as reading shows it; what it does not say may be anything.
        create: statements that make it.
        change: statements that make it like that.
        secret: what stands for the `?` of a statement; it is in nothing that is printed.
    """

    kind: str
    name: str
    role: str
    create: tuple[str, ...]
    change: tuple[str, ...] = ()
    said: tuple[Property, ...] = ()
    secret: str | None = field(default=None, repr=False)


def seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def things(plan: Plan, site: Site, key: str | None = None) -> tuple[Thing, ...]:
    """Everything that is to be there, in the order in which it can be made.

    Args:
        key: what pseudonyms are made with; None to print statements alone.
    """
    return (
        *_roles(plan, site),
        *_places(site),
        *_machines(site),
        *_stage(site),
        *_people(plan, site),
        *_policies(plan, site, key),
        *_surface(plan, site),
        *_grants(plan, site),
    )


def _roles(plan: Plan, site: Site) -> Iterator[Thing]:
    for role in (site.builder, *(role for role, _ in plan.roles)):
        mark = f"COMMENT = {literal(site.mark, 'snowflake')}"
        yield Thing(
            "role",
            role,
            "USERADMIN",
            (f"CREATE ROLE IF NOT EXISTS {identifier(role)} {mark}",),
            (f"ALTER ROLE {identifier(role)} SET {mark}",),
            (("comment", site.mark),),
        )


def _places(site: Site) -> Iterator[Thing]:
    days = str(site.retention_days)
    yield Thing(
        "database",
        site.database,
        "SYSADMIN",
        (f"CREATE DATABASE IF NOT EXISTS {identifier(site.database)} DATA_RETENTION_TIME_IN_DAYS = {days}",),
        (f"ALTER DATABASE {identifier(site.database)} SET DATA_RETENTION_TIME_IN_DAYS = {days}",),
        (("retention_time", days),),
    )
    for schema in SCHEMAS:
        place = name(site.database, schema)
        yield Thing(
            "schema",
            schema,
            "SYSADMIN",
            (f"CREATE SCHEMA IF NOT EXISTS {place} WITH MANAGED ACCESS",),
            (f"ALTER SCHEMA {place} ENABLE MANAGED ACCESS",),
            (("options", "MANAGED ACCESS"),),
        )


def _machines(site: Site) -> Iterator[Thing]:
    sizes = {"XSMALL": "X-Small", "SMALL": "Small", "MEDIUM": "Medium", "LARGE": "Large", "XLARGE": "X-Large"}
    for machine, size, limit in (("BUILD", site.build_size, site.build_seconds), ("ASK", site.ask_size, site.ask_seconds)):
        full = f"{site.database}_{machine}"
        said = f"WAREHOUSE_SIZE = {size} AUTO_SUSPEND = {site.seconds_idle} AUTO_RESUME = TRUE STATEMENT_TIMEOUT_IN_SECONDS = {limit}"
        yield Thing(
            "warehouse",
            full,
            "SYSADMIN",
            (f"CREATE WAREHOUSE IF NOT EXISTS {identifier(full)} {said} INITIALLY_SUSPENDED = TRUE",),
            (f"ALTER WAREHOUSE {identifier(full)} SET {said}",),
            (("size", sizes[size]), ("auto_suspend", str(site.seconds_idle)), ("statement_timeout_in_seconds", str(limit))),
        )
    if site.credits is None:
        return
    monitor = f"{site.database}_MONTH"
    triggers = "START_TIMESTAMP = IMMEDIATELY TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND"
    yield Thing(
        "monitor",
        monitor,
        "ACCOUNTADMIN",
        (f"CREATE RESOURCE MONITOR IF NOT EXISTS {identifier(monitor)} WITH CREDIT_QUOTA = {site.credits} FREQUENCY = MONTHLY {triggers}",),
        (f"ALTER RESOURCE MONITOR {identifier(monitor)} SET CREDIT_QUOTA = {site.credits}",),
        (("credit_quota", str(site.credits)),),
    )
    for machine in ("BUILD", "ASK"):
        full = f"{site.database}_{machine}"
        watch = f"ALTER WAREHOUSE {identifier(full)} SET RESOURCE_MONITOR = {identifier(monitor)}"
        yield Thing("watched", full, "ACCOUNTADMIN", (watch,), (watch,), (("resource_monitor", monitor),))


def _stage(site: Site) -> Iterator[Thing]:
    if site.lake is None or site.storage_role is None:
        return
    integration, url = f"{site.database}_LAKE", literal(site.lake, "snowflake")
    said = f"STORAGE_AWS_ROLE_ARN = {literal(site.storage_role, 'snowflake')} STORAGE_ALLOWED_LOCATIONS = ({url})"
    yield Thing(
        "integration",
        integration,
        "ACCOUNTADMIN",
        (
            f"CREATE STORAGE INTEGRATION IF NOT EXISTS {identifier(integration)} TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE {said}",
        ),
        (f"ALTER STORAGE INTEGRATION {identifier(integration)} SET {said} ENABLED = TRUE",),
        (("storage_aws_role_arn", site.storage_role), ("storage_allowed_locations", site.lake), ("enabled", "true")),
    )
    yield _granted("USAGE", "INTEGRATION", (integration,), "SYSADMIN", by="ACCOUNTADMIN")
    parquet, stage = name(site.database, "RAW", "PARQUET"), name(site.database, "RAW", "LAKE")
    yield Thing(
        "file format",
        "PARQUET",
        "SYSADMIN",
        # times are read as the files say; a text that is no UTF-8 must stop a query instead of dropping its row
        (f"CREATE FILE FORMAT IF NOT EXISTS {parquet} TYPE = PARQUET USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE",),
    )
    where = f"URL = {url} STORAGE_INTEGRATION = {identifier(integration)}"
    yield Thing(
        "stage",
        "LAKE",
        "SYSADMIN",
        (
            f"CREATE STAGE IF NOT EXISTS {stage} {where} FILE_FORMAT = (FORMAT_NAME = {literal(f'{site.database}.RAW.PARQUET', 'snowflake')})",
        ),
        (f"ALTER STAGE {stage} SET {where}",),
        (("url", site.lake), ("storage_integration", integration)),
    )


def _people(plan: Plan, site: Site) -> Iterator[Thing]:
    for user, role in plan.users:
        person = identifier(user.upper())
        # a user is what her role is, not the union of all roles that she may take on
        said = f"DEFAULT_ROLE = {literal(role, 'snowflake')} DEFAULT_SECONDARY_ROLES = ()"
        yield Thing(
            "user",
            user.upper(),
            "USERADMIN",
            (f"CREATE USER IF NOT EXISTS {person} TYPE = PERSON {said}",),
            (f"ALTER USER {person} SET {said}",),
            (("default_role", role), ("default_secondary_roles", "[]")),
        )
    members = (*((user.upper(), role) for user, role in plan.users), *((user, site.builder) for user in site.build_users))
    for user, role in members:
        yield Thing("member", f"{role} of {user}", "SECURITYADMIN", (f"GRANT ROLE {identifier(role)} TO USER {identifier(user)}",))


def _policies(plan: Plan, site: Site, key: str | None) -> Iterator[Thing]:
    table = name(site.database, "GOVERNANCE", "ENTITLEMENTS")
    rows = ", ".join(f"({literal(user.upper(), 'snowflake')}, {literal(country, 'snowflake')})" for user, country in plan.entitlements)
    # one statement: no session sees the table between the old lines and the new ones
    fill = f"INSERT OVERWRITE INTO {table} (USER_NAME, COUNTRY) " + (f"VALUES {rows}" if rows else "SELECT '', '' WHERE FALSE")
    yield Thing(
        "entitlements",
        "ENTITLEMENTS",
        "SYSADMIN",
        (f"CREATE TABLE IF NOT EXISTS {table} (USER_NAME VARCHAR NOT NULL, COUNTRY VARCHAR NOT NULL)", fill),
        (fill,),
        tuple(sorted((user.upper(), country) for user, country in plan.entitlements)),
    )
    table = name(site.database, "GOVERNANCE", "PSEUDONYMS")
    fill = f"INSERT OVERWRITE INTO {table} (KEY) SELECT ?"
    yield Thing(
        "pseudonyms",
        "PSEUDONYMS",
        "SYSADMIN",
        (f"CREATE TABLE IF NOT EXISTS {table} (KEY VARCHAR NOT NULL)", fill),
        (fill,),
        (("sha256", hashlib.sha256(key.encode()).hexdigest() if key else ""),),
        key,
    )
    for policy in snowflake.policies(plan, site.database, site.builder):
        place = name(site.database, "GOVERNANCE", policy.name)
        yield Thing(
            policy.kind,
            policy.name,
            "SYSADMIN",
            (f"CREATE {policy.kind.upper()} IF NOT EXISTS {place} AS (VAL {policy.type}) RETURNS {policy.returns} -> {policy.body}",),
            (f"ALTER {policy.kind.upper()} {place} SET BODY -> {policy.body}",),
            (("body", policy.body),),
        )


def _surface(plan: Plan, site: Site) -> Iterator[Thing]:
    """The views that people read: empty ones until the first build, which makes them anew over what it built and keeps their grants."""
    for relation in plan.served:
        view = snowflake.view_of(relation)
        columns = ", ".join(
            f"CAST(NULL AS {engine_type(column.type, 'snowflake').upper()}) AS {identifier(column.name.upper())}"
            for column in relation.columns
        )
        place = name(site.database, "SERVE", view)
        yield Thing(
            "view",
            view,
            "SYSADMIN",
            (
                f"CREATE SECURE VIEW IF NOT EXISTS {place} AS SELECT {columns} WHERE FALSE",
                f"GRANT OWNERSHIP ON VIEW {place} TO ROLE {identifier(site.builder)} COPY CURRENT GRANTS",
            ),
        )


def _grants(plan: Plan, site: Site) -> Iterator[Thing]:
    database, build, ask = (site.database,), (f"{site.database}_BUILD",), (f"{site.database}_ASK",)
    yield _granted("USAGE", "WAREHOUSE", build, site.builder)
    yield _granted("USAGE", "DATABASE", database, site.builder)
    for schema in SCHEMAS:
        yield _granted("USAGE", "SCHEMA", (site.database, schema), site.builder)
        for made in _MADE.get(schema, ("TABLE", "VIEW")):
            yield _granted(f"CREATE {made}", "SCHEMA", (site.database, schema), site.builder)
    if site.lake is not None and site.storage_role is not None:
        yield _granted("USAGE", "STAGE", (site.database, "RAW", "LAKE"), site.builder)
        yield _granted("USAGE", "FILE FORMAT", (site.database, "RAW", "PARQUET"), site.builder)
    for policy in snowflake.policies(plan, site.database, site.builder):
        yield _granted("APPLY", policy.kind.upper(), (site.database, "GOVERNANCE", policy.name), site.builder)
    for role, _ in plan.roles:
        yield _granted("USAGE", "WAREHOUSE", ask, role)
        yield _granted("USAGE", "DATABASE", database, role)
        yield _granted("USAGE", "SCHEMA", (site.database, "SERVE"), role)
    for relation in plan.served:
        for role in relation.readers:
            yield _granted("SELECT", "VIEW", (site.database, "SERVE", snowflake.view_of(relation)), role)


def grant_name(privilege: str, kind: str, what: tuple[str, ...], role: str) -> str:
    """What a grant is known by, which is also how it is written."""
    return f"{privilege} ON {kind} {name(*what)} TO ROLE {identifier(role)}"


def _granted(privilege: str, kind: str, what: tuple[str, ...], role: str, by: str = "SECURITYADMIN") -> Thing:
    said = grant_name(privilege, kind, what, role)
    return Thing("grant", said, by, (f"GRANT {said}",))


def name(*parts: str) -> str:
    return ".".join(identifier(part) for part in parts)
