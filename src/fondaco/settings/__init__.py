"""Frozen Settings, read once and passed; the only reader of the environment.

Precedence: option > environment (``FONDACO_SOURCES__SHOP__PATH``) > ``.env`` > target > ``fondaco.yml`` > default.

    shape.py    what may be said, as frozen pydantic models
    cron.py     times of the clock
    values.py   durations, shares and paths as people write them
    yaml.py     fondaco.yml as values that know their line
    layers.py   environment, .env and targets laid over the file; ${NAME} filled in
    load.py     one call for all of it, and errors that name file, line, setting and the nearest right word
"""

from __future__ import annotations

from fondaco.settings.load import CONFIG_FILE, Effective, effective, environment_with, find_config, find_house, is_ci, load_settings
from fondaco.settings.shape import (
    Alerts,
    Business,
    DatabaseSource,
    DemoSource,
    FilesSource,
    LakeSettings,
    Mail,
    MysqlSource,
    PostgresSource,
    Quality,
    Rfm,
    Rules,
    Schedule,
    Serve,
    Settings,
    Snowflake,
    SourceSettings,
    SqliteSource,
    StoredSettings,
    TestOrders,
    Warehouse,
    schema,
)

__all__ = [
    "CONFIG_FILE",
    "Alerts",
    "Business",
    "DatabaseSource",
    "DemoSource",
    "Effective",
    "FilesSource",
    "LakeSettings",
    "Mail",
    "MysqlSource",
    "PostgresSource",
    "Quality",
    "Rfm",
    "Rules",
    "Schedule",
    "Serve",
    "Settings",
    "Snowflake",
    "SourceSettings",
    "SqliteSource",
    "StoredSettings",
    "TestOrders",
    "Warehouse",
    "effective",
    "environment_with",
    "find_config",
    "find_house",
    "is_ci",
    "load_settings",
    "schema",
]
