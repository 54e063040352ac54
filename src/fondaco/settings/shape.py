"""What fondaco.yml may say, as frozen pydantic models. Descriptions are the reference's text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator, model_validator

from fondaco.settings.cron import Cron
from fondaco.settings.values import Duration, LocalPath, Location, Share, Zone, parse_duration, parse_share

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
#: Names become folders, SQL identifiers and parts of environment names (which use ``__`` as their dot).
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Business(_Frozen):
    timezone: Zone = "UTC"
    """IANA time zone of the shop: every `*_date` column is a day of this zone."""
    currency: Currency = "EUR"
    """ISO 4217 code of the reporting currency."""
    week_start: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "monday"
    """First day of the reporting week."""
    settle_days: int = Field(default=14, ge=0)
    """Days after which a rate by order day (cancellations, refunds) counts as settled."""


class StoredSettings(_Frozen):
    """A folder, or `s3://bucket/prefix` and how its store is reached: what is not said comes from the AWS configuration."""

    path: Location
    """A folder, or `s3://bucket/prefix` of an S3-compatible store."""
    region: str | None = None
    """Region of the bucket; `AWS_REGION`, else that of the AWS profile, unless said otherwise."""
    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://[^/@\s]+/?$")] | None = None
    """URL of a store that is not Amazon's, such as `https://minio.acme.example:9000`; `AWS_ENDPOINT_URL` unless said otherwise."""
    path_style: bool | None = None
    """Whether the bucket stands in the path of a URL instead of its host: true where there is an endpoint unless said otherwise."""
    profile: str | None = None
    """Profile of the AWS configuration files whose credentials are used; `AWS_PROFILE` unless said otherwise."""
    role_arn: str | None = None
    """Role to take on with the credentials that were found."""
    external_id: str | None = None
    """What the role's owner asks for when it is taken on."""
    access_key_id: str | None = None
    """Key of this store alone, as `${NAME}`; credentials are found as every AWS tool finds them unless said otherwise."""
    secret_access_key: SecretStr | None = None
    """The key's secret, as `${NAME}`."""
    session_token: SecretStr | None = None
    """The key's session token, if it is a temporary one, as `${NAME}`."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key go together")
        if self.session_token is not None and self.access_key_id is None:
            raise ValueError("session_token goes with access_key_id and secret_access_key")
        if self.external_id is not None and self.role_arn is None:
            raise ValueError("external_id goes with role_arn")
        return self


class Reading(_Frozen):
    """What every source in a database may say of how it is read."""

    lag: Duration = parse_duration("2m")
    """What the source wrote in its last moments is left for the next run: late commits."""
    overlap: Duration = parse_duration("10m")
    """How far before the last row seen a run reads again; rows already landed are dropped."""
    sweep: Duration = parse_duration("1d")
    """How often, in the source's time, keys are compared to find hard deletes."""
    max_delete_share: Share = parse_share("20%")
    """A comparison that finds a larger share of the known rows gone is not believed."""
    timeout: Duration = parse_duration("10m")
    """A source that gives nothing for so long is given up."""
    batch_rows: int = Field(default=50_000, ge=2_048, le=1_000_000)
    """Most rows that are held at a time; fewer where rows are wide."""


class DemoSource(Reading):
    """The simulated shop: a SQLite file that lives day by day."""

    type: Literal["demo"]
    customers: int = Field(default=8000, ge=10, le=1_000_000)
    """About how many customers sign up in the first `days` days."""
    seed: int = 42
    """The same seed makes the same shop."""
    start: date = date(2024, 1, 1)
    """First day that the shop lives."""
    days: int = Field(default=548, ge=1)
    """Days that the shop has lived when it is first opened; 548 is a year and a half."""
    path: LocalPath
    """The shop's SQLite file; `.fondaco/<source>.sqlite` unless said otherwise."""

    @property
    def system(self) -> str:
        return "demo"


class SqliteSource(Reading):
    """A shop in a SQLite file."""

    type: Literal["sqlite"]
    path: LocalPath
    """The SQLite file."""
    system: str
    """What the database holds: a file of systems/."""


class _ServerSource(Reading):
    """What a source behind a database server may say."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """The server's name or address."""
    database: str = Field(min_length=1)
    """Name of the database."""
    user: str = Field(min_length=1)
    """Who reads; the right to select is enough."""
    password: SecretStr = SecretStr("")
    """Written as `${NAME}`, filled in from the environment or `.env`."""
    ssl: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = "prefer"
    """TLS: never, if there is any, always, with a certificate of `ssl_ca`, and one for this host."""
    ssl_ca: LocalPath | None = None
    """File with the certificate of the authority that signed the server's."""
    system: str
    """What the database holds: a file of systems/."""


class PostgresSource(_ServerSource):
    """A shop in PostgreSQL."""

    type: Literal["postgres"]
    port: int = Field(default=5432, ge=1, le=65_535)
    """The server's port."""
    schema_name: str = Field(default="public", min_length=1)
    """The schema that its tables are in."""


class MysqlSource(_ServerSource):
    """A shop in MySQL or MariaDB."""

    type: Literal["mysql"]
    port: int = Field(default=3306, ge=1, le=65_535)
    """The server's port."""
    table_prefix: Annotated[str, StringConstraints(pattern=r"^\w*$")] = ""
    """What stands before the name of every table, as in `wp_`."""


class FilesSource(StoredSettings):
    """A folder, or a prefix of a bucket, into which files are dropped."""

    type: Literal["files"]
    path: Location
    """Folder of the drops, or `s3://bucket/prefix`. Relative paths start at the folder of fondaco.yml."""
    system: str
    """What the files hold: a file of systems/."""
    settle: Duration = parse_duration("500ms")
    """A file is read when it has not changed for so long; a younger one gets a second look, and waits for the next run if it grew."""


DatabaseSource = DemoSource | PostgresSource | MysqlSource | SqliteSource
SourceSettings = Annotated[DemoSource | PostgresSource | MysqlSource | SqliteSource | FilesSource, Field(discriminator="type")]


class LakeSettings(StoredSettings):
    path: Location
    """Folder of the lake, or `s3://bucket/prefix`."""
    sse: Literal["none", "AES256", "aws:kms"] = "none"
    """How the store encrypts what is written; `none` leaves it to the bucket."""
    kms_key_id: str | None = None
    """Key of `aws:kms`; the bucket's own unless said otherwise."""

    @model_validator(mode="after")
    def _of_kms(self) -> Self:
        if self.kms_key_id is not None and self.sse != "aws:kms":
            raise ValueError("kms_key_id goes with sse: aws:kms")
        return self


class Quality(_Frozen):
    on_bad_row: Literal["quarantine", "stop"] = "quarantine"
    """A row that cannot be typed or has no key: put it aside with its reason, or stop its table."""
    max_bad_share: Share = parse_share("1%")
    """A batch with a larger share of bad rows stops before it commits."""
    on_new_column: Literal["add", "ignore", "stop"] = "add"
    """A column nobody declared: land it and report it, leave it out and report it, or stop its table."""
    on_type_change: Literal["quarantine", "stop"] = "quarantine"
    """Values of another type than declared that cannot be widened exactly."""
    stale_after: Duration = parse_duration("36h")
    """`fondaco status` fails when a source has brought no row for so long."""


#: Snowflake keeps names that were written without quotes in capitals; ours never need any.
SnowflakeName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,200}$")]


class Snowflake(_Frozen):
    """The warehouse on Snowflake, for `type: snowflake`; needs the extra `fondaco[snowflake]`."""

    connection: str | None = None
    """Name of the connection in `connections.toml` (or the environment), which says account, user and how to log in; its default one unless said otherwise."""
    database: SnowflakeName | None = None
    """The database; the project's name in capitals unless said otherwise."""
    builder: SnowflakeName | None = None
    """The role that builds; `<database>_BUILDER` unless said otherwise. It sees everything as it is: people have no use for it."""
    build_users: tuple[SnowflakeName, ...] = ()
    """Users that build: services, which `fondaco policy apply` gives the builder's role."""
    build_size: Literal["XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE"] = "XSMALL"
    """Size of the virtual warehouse `<database>_BUILD`."""
    ask_size: Literal["XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE"] = "XSMALL"
    """Size of the virtual warehouse `<database>_ASK`, which people ask with."""
    auto_suspend: Duration = parse_duration("60s")
    """A virtual warehouse that is idle for so long is suspended."""
    build_timeout: Duration = parse_duration("2h")
    """A statement of a build ends after so long."""
    ask_timeout: Duration = parse_duration("10m")
    """A statement of a person ends after so long."""
    monthly_credits: int | None = Field(default=None, ge=1)
    """Credits a month after which both virtual warehouses are suspended; no resource monitor unless said otherwise."""
    retention_days: int = Field(default=7, ge=0, le=90)
    """Days of time travel; more than 1 needs the Enterprise Edition, as the policies do."""
    storage_role_arn: Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")] | None = None
    """The AWS role that the storage integration assumes to read the lake: output `SnowflakeRoleArn` of infra/lake.yml."""
    threads: int = Field(default=8, ge=1, le=64)
    """Models that are built at once."""


class Warehouse(_Frozen):
    type: Literal["duckdb", "snowflake"] = "duckdb"
    """The engine."""
    snowflake: Snowflake = Snowflake()
    path: LocalPath
    """The warehouse's file."""
    memory_limit: Annotated[str, StringConstraints(pattern=r"(?i)^\d+(\.\d+)?\s*([KMGT]i?B|%)$")] = "1GB"
    """Memory that the engine may use; beyond it, it spills to disk. dbt and Arrow take some 0.4 GB beside it."""
    threads: int | None = Field(default=None, ge=1)
    """Threads of the engine; one per core unless said otherwise."""


class TestOrders(_Frozen):
    email_domains: tuple[str, ...] = ()
    """Orders with an e-mail of these domains are tests."""
    coupons: tuple[str, ...] = ()
    """Orders with these coupons are tests."""


class Rfm(_Frozen):
    window_days: int = Field(default=365, ge=1)
    """Days back that recency, frequency and monetary value look."""
    frequency_bands: tuple[int, ...] = (1, 2, 3, 5)
    """Upper bounds of frequency scores 1 to 4, ascending; above the last is 5."""

    @field_validator("frequency_bands")
    @classmethod
    def _four_ascending(cls, bands: tuple[int, ...]) -> tuple[int, ...]:
        if len(bands) != 4 or bands[0] < 1 or list(bands) != sorted(set(bands)):
            raise ValueError("frequency bands are four whole numbers from 1 up, ascending, as in [1, 2, 3, 5]")
        return bands


class Affinity(_Frozen):
    window_days: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (90, 365)
    """Windows, in days back from the last day of trade, in which products are said to be bought together."""
    min_pair_count: int = Field(default=20, ge=1)
    """Orders that must share two products before they are a pair: from one shared order any lift can come."""
    min_support: Share = parse_share("0.01%")
    """Share of all orders of the window that must share two products before they are a pair."""
    max_basket: int = Field(default=100, ge=2)
    """Products above which an order is a wholesale list and no basket; it is left out whole."""


class Rules(_Frozen):
    test_orders: TestOrders = TestOrders()
    rfm: Rfm = Rfm()
    affinity: Affinity = Affinity()
    predict_clv: bool = False
    """Predict what each customer will bring in the next twelve months; needs the extra `fondaco[clv]`."""


class Serve(_Frozen):
    """The PostgreSQL that people ask, which holds a governed copy of the warehouse's served layers."""

    path: LocalPath | None = None
    """Folder of the server that `fondaco serve` runs; `.fondaco/serve` unless said otherwise."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """Address that the server listens on; any but this machine's own needs `tls_cert`."""
    port: int = Field(default=5439, ge=1, le=65_535)
    """The server's port."""
    tls_cert: LocalPath | None = None
    """The server's certificate; connections without TLS are refused then."""
    tls_key: LocalPath | None = None
    """The certificate's key, readable by its owner alone."""
    admin: SecretStr | None = None
    """A server of your own in place of ours: how its superuser connects, as `${NAME}` with postgresql://user:password@host/database."""
    statement_timeout: Duration = parse_duration("60s")
    """A statement of a user ends after so long; for how long a change of the policy waits for readers, too, before it ends them."""
    temp_files: Annotated[str, StringConstraints(pattern=r"^\d+\s*(kB|MB|GB)$")] = "1GB"
    """Disk that a session may use for sorting and joining."""
    connections: int = Field(default=20, ge=1)
    """Sessions that a user may have at once."""
    max_rows: int = Field(default=100_000, ge=1)
    """Rows that `fondaco query --as` gives back at most."""

    @model_validator(mode="after")
    def _encrypted_where_exposed(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together")
        if self.host not in ("127.0.0.1", "::1", "localhost") and self.tls_cert is None and self.admin is None:
            raise ValueError(f"{self.host} can be reached from elsewhere: that needs tls_cert and tls_key")
        return self


class Dashboard(_Frozen):
    """The live app of `fondaco dashboard`."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Address that it listens on; the demo, where everybody may look as anybody, on this machine's own alone."""
    port: int = Field(default=8501, ge=1, le=65_535)
    """Its port."""
    people: Mapping[str, str] = {}
    """Who is who: the e-mail address that your OpenID provider gives, and the user of the policy it belongs to."""


class Reports(_Frozen):
    """Digests that Dagster writes, as `fondaco report --digest` does by hand."""

    users: tuple[str, ...] = ()
    """Users of the policy: for each of them a file of what is shown to her; none unless said."""
    folder: LocalPath = Field(default=Path("./reports"), validate_default=True)
    """Folder of the files; each is replaced by the next one of its kind."""


class Schedule(_Frozen):
    """When Dagster does what, as cron expressions in the shop's time zone; `off` leaves it to somebody else."""

    ingest: Cron = "*/15 * * * *"
    """What is new is landed."""
    build: Cron = "5 * * * *"
    """Models are built and tested, if anything landed since."""
    sweep: Cron = "10 4 * * *"
    """Keys are compared to find what was deleted."""
    compact: Cron = "40 4 * * *"
    """Old small files of the lake are put together."""
    digest: Cron = "0 7 * * *"
    """The last day's digest is sent to whom `alerts` names."""
    week: Cron = "0 6 * * 1"
    """The numbers of the last whole week are written for whom `reports` names."""
    month: Cron = "0 6 1 * *"
    """Those of the last whole month."""
    drops: Duration = parse_duration("1m")
    """How often folders of file drops are looked at for new files."""
    first_day: date | None = None
    """First day of the sources that can be read again by its date; the day before the first landing unless said otherwise."""
    retries: int = Field(default=3, ge=0, le=20)
    """How often a run is tried again whose source, store or warehouse could not be reached, and one that was killed."""
    wait: Duration = parse_duration("1m")
    """How long before the first of these; each further one waits twice as long."""
    keep_runs: Duration = parse_duration("90d")
    """How long Dagster keeps a run and its log; the run log of fondaco stays."""


class Mail(_Frozen):
    """How e-mail is sent."""

    to: Annotated[tuple[Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")], ...], Field(min_length=1)]
    """Whom alerts are sent to."""
    sender: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]
    """Whom they come from."""
    host: str = Field(min_length=1)
    """The SMTP server."""
    port: int = Field(default=587, ge=1, le=65_535)
    """Its port."""
    tls: Literal["starttls", "tls", "off"] = "starttls"
    """Encrypted after the greeting, from the start, or not at all (this machine only)."""
    user: str | None = None
    """Who logs in; nobody unless said otherwise."""
    password: SecretStr | None = None
    """Written as `${NAME}`."""

    @model_validator(mode="after")
    def _encrypted_where_it_leaves(self) -> Self:
        if self.tls == "off" and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError(f"tls: off would send mail to {self.host} in the clear: write starttls or tls")
        return self


class Alerts(_Frozen):
    """Who is told when something failed."""

    webhook: SecretStr | None = None
    """Address that takes messages in Slack's form, as `${NAME}`."""
    email: Mail | None = None
    """E-mail, by SMTP."""
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^@\s]+$")] | None = None
    """Where Dagster's pages are, for links in alerts."""


class Declared(_Frozen):
    """Everything that fondaco.yml may say."""

    version: Literal[1] = 1
    """Version of this file's format."""
    project: Name
    """Name of the shop's warehouse: lower case, digits and underscores."""
    business: Business = Business()
    sources: Annotated[Mapping[Name, SourceSettings], Field(min_length=1)]
    """Where rows come from, by name."""
    lake: LakeSettings
    quality: Quality = Quality()
    warehouse: Warehouse
    rules: Rules = Rules()
    policy: LocalPath | None = None
    """Folder of the policy: who may see what. `policy` beside fondaco.yml, else the one that is shipped, unless said otherwise."""
    pseudonym_secret: SecretStr | None = None
    """What pseudonyms are made with, as `${NAME}`; one that is made once and kept in `.fondaco/pseudonym.key` unless said otherwise."""
    serve: Serve = Serve()
    dashboard: Dashboard = Dashboard()
    reports: Reports = Reports()
    schedule: Schedule = Schedule()
    alerts: Alerts = Alerts()
    demo: bool = False
    """True for a demonstration: demo log-ins, this machine only."""
    targets: Mapping[str, Mapping[str, Any]] = {}
    """Named changes to all of the above, chosen by `fondaco -t NAME`."""


class Settings(Declared):
    """What one call works with: the declarations, and where it stands."""

    file: Path
    """The fondaco.yml that was read."""
    house: Path
    """Folder with contracts/, systems/, policy/ and warehouse/."""
    target: str | None = None
    """The target in force."""

    @property
    def root(self) -> Path:
        """Folder of fondaco.yml."""
        return self.file.parent

    @property
    def policy_dir(self) -> Path:
        """Folder of the policy in force."""
        own = self.policy or self.root / "policy"
        return own if self.policy is not None or own.is_dir() else self.house / "policy"

    @property
    def snowflake_database(self) -> str:
        """Name of the database on Snowflake."""
        return self.warehouse.snowflake.database or self.project.upper()

    @property
    def snowflake_builder(self) -> str:
        """The role that builds on Snowflake."""
        return self.warehouse.snowflake.builder or f"{self.snowflake_database}_BUILDER"

    @property
    def serve_dir(self) -> Path:
        """Folder of the server that people ask."""
        return self.serve.path or self.state_dir / "serve"

    @property
    def state_dir(self) -> Path:
        """Folder for what fondaco keeps for itself: lock, run log, JSON schema, simulated shops."""
        return self.root / ".fondaco"


def schema() -> dict[str, Any]:
    """JSON Schema of fondaco.yml, for editors."""
    found = Declared.model_json_schema()
    defs = found["$defs"]
    defs["DemoSource"]["required"] = ["type"]  # the default path is the source's name, which a schema cannot say
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "required": ["project", "sources"]}
