"""A shop's policy on Snowflake: the steps that put it in force, looked at, written down, or taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fondaco.errors import ConfigError
from fondaco.governance import snowflake
from fondaco.governance.account import Site, seconds, things
from fondaco.governance.applied import Step, apply, difference, read, script
from fondaco.governance.key import key_of
from fondaco.governance.plan import Plan, alarms
from fondaco.governance.serving import compiled, own_policy
from fondaco.settings import Settings
from fondaco.storage import Bucket, place_of
from fondaco.warehouse.snowflake import opened

#: What was applied last, or would be, for who wants to read it or run it by hand; in the shop's `.fondaco`.
SCRIPT = "apply.sql"


@dataclass(frozen=True)
class Foreseen:
    """What `fondaco policy apply` would do.

    Attributes:
        steps: in order; none where all is as it should be.
        alarms: what a person should have meant.
        file: the script of the steps.
    """

    steps: tuple[Step, ...]
    alarms: tuple[str, ...]
    file: Path


def site_of(settings: Settings) -> Site:
    """Where the warehouse is. Raises ConfigError if the lake is not where Snowflake can read it."""
    said, place = settings.warehouse.snowflake, place_of(settings.lake)
    if settings.warehouse.type == "snowflake":
        if not isinstance(place, Bucket):
            raise ConfigError(
                "Snowflake reads a lake on S3, and this one is a folder",
                where=f"{settings.file}: lake.path",
                hint="docs/how-to/lake-on-s3.md says how one is made; `lake.path: s3://bucket/prefix`",
            )
        if said.storage_role_arn is None:
            raise ConfigError(
                "'warehouse.snowflake.storage_role_arn' is missing: the role with which Snowflake reads the lake",
                where=str(settings.file),
                hint="it is the output SnowflakeRoleArn of infra/lake.yml",
            )
    return Site(
        database=settings.snowflake_database,
        builder=settings.snowflake_builder,
        build_users=said.build_users,
        lake=f"s3://{'/'.join(part for part in (place.name, place.prefix) if part)}/bronze/" if isinstance(place, Bucket) else None,
        storage_role=said.storage_role_arn,
        build_size=said.build_size,
        ask_size=said.ask_size,
        seconds_idle=seconds(said.auto_suspend),
        build_seconds=seconds(said.build_timeout),
        ask_seconds=seconds(said.ask_timeout),
        credits=said.monthly_credits,
        retention_days=said.retention_days,
    )


def written(settings: Settings) -> tuple[str, ...]:
    """The script for an account in which nothing is there yet."""
    site = site_of(settings)
    return script(difference(things(compiled(settings), site), {}))


def foresee(settings: Settings) -> Foreseen:
    """What applying would do; writes its script.

    Raises:
        DeclarationError: the policy does not fit the warehouse.
        ConfigError, BuildError: Snowflake cannot be asked.
    """
    own_policy(settings)
    plan, site = compiled(settings), site_of(settings)
    with opened(settings, role="ACCOUNTADMIN", tag=f"fondaco policy plan {site.database}") as session:
        return _foreseen(settings, plan, difference(things(plan, site, key_of(settings)), read(session, site)))


def put_in_force(settings: Settings) -> Foreseen:
    """Takes the steps, and says which they were. Raises as `foresee`; what was done before an error stays."""
    own_policy(settings)
    plan, site = compiled(settings), site_of(settings)
    with opened(settings, role="ACCOUNTADMIN", tag=f"fondaco policy apply {site.database}") as session:
        found = _foreseen(settings, plan, difference(things(plan, site, key_of(settings)), read(session, site)))
        apply(session, found.steps)
        return found


def overlay_of(settings: Settings) -> Mapping[str, Any]:
    """What the models' yml says more on Snowflake."""
    return snowflake.overlay(compiled(settings), settings.snowflake_database)


def views_of(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The views that people read, each with its relation, as statements for after a build."""
    return tuple(snowflake.views(compiled(settings), settings.snowflake_database))


def _foreseen(settings: Settings, plan: Plan, steps: tuple[Step, ...]) -> Foreseen:
    file = settings.state_dir / SCRIPT
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in script(steps)), encoding="utf-8")
    return Foreseen(steps, alarms(plan), file)
