"""What dbt is told by fondaco.yml and systems/, and a fingerprint of all that shapes the tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fondaco.contracts import System, load_system
from fondaco.errors import ConfigError
from fondaco.settings import Settings

#: What of the dbt project shapes a table; logs and targets do not.
_SHAPING = ("*.sql", "*.yml", "*.csv")
#: Definitions of figures: they are read where somebody asks, and shape no table.
_MEANINGS = Path("models/semantic")


def systems_of(settings: Settings) -> dict[str, System]:
    """The systems that the sources name, by system name, in a stable order."""
    names = sorted({source.system for source in settings.sources.values()})
    return {name: load_system(settings.house / "systems", name) for name in names}


def variables(settings: Settings, systems: dict[str, System]) -> dict[str, Any]:
    """dbt's variables: everything that a model may ask of fondaco.yml and systems/."""
    return {
        "currency": settings.business.currency,
        "timezone": settings.business.timezone,
        "week_start": settings.business.week_start,
        "systems": {name: {"zone": system.zone, "entities": list(system.entities)} for name, system in systems.items()},
        "test_email_domains": [domain.lower() for domain in settings.rules.test_orders.email_domains],
        "test_coupons": [coupon.strip().upper() for coupon in settings.rules.test_orders.coupons],
        "settle_days": settings.business.settle_days,
        "predict_clv": settings.rules.predict_clv,
        "rfm_window_days": settings.rules.rfm.window_days,
        "rfm_frequency_bands": list(settings.rules.rfm.frequency_bands),
        "affinity_window_days": list(settings.rules.affinity.window_days),
        "affinity_min_pair_orders": settings.rules.affinity.min_pair_count,
        "affinity_min_support": f"{settings.rules.affinity.min_support:f}",
        "affinity_max_basket": settings.rules.affinity.max_basket,
        "warehouse_path": str(settings.warehouse.path),
        "warehouse_memory": settings.warehouse.memory_limit,
    }


def fingerprint(settings: Settings, systems: dict[str, System]) -> str:
    """SHA-256 over the dbt project and its variables.

    Where it differs from the last build's, incremental tables were made by other rules and are made anew from the lake.
    """
    digest = hashlib.sha256()
    told = variables(settings, systems)
    # where the file lies and how much memory it may use shape no row
    shaping = {name: value for name, value in told.items() if name not in ("warehouse_path", "warehouse_memory")}
    digest.update(json.dumps(shaping, sort_keys=True).encode())
    folder = settings.house / "warehouse"
    _add_files(digest, folder, {path for pattern in _SHAPING for path in folder.rglob(pattern)} - set(meanings(settings)))
    return digest.hexdigest()


def require_extras(settings: Settings) -> None:
    """Raises ConfigError if a setting asks for what is not installed."""
    if settings.rules.predict_clv and find_spec("scipy") is None:
        raise ConfigError(
            "rules.predict_clv needs SciPy, which is not installed",
            where=str(settings.file),
            hint="install it with: pip install 'fondaco[clv]', or leave the setting out",
        )


def meaning(settings: Settings, systems: dict[str, System]) -> str:
    """SHA-256 over all that the definitions of figures may say or speak of."""
    digest = hashlib.sha256(fingerprint(settings, systems).encode())
    _add_files(digest, settings.house / "warehouse", meanings(settings))
    return digest.hexdigest()


def meanings(settings: Settings) -> list[Path]:
    """The files that define figures."""
    return sorted((settings.house / "warehouse" / _MEANINGS).rglob("*.yml"))


def _add_files(digest: hashlib._Hash, folder: Path, paths: Iterable[Path]) -> None:
    for path in sorted(paths):
        digest.update(str(path.relative_to(folder)).encode() + b"\0")
        digest.update(path.read_bytes())


def folders(settings: Settings, dbt: Path | None = None) -> dict[str, Path]:
    """Where dbt finds its project and leaves its own files, which belong to the shop, not to the house: in `dbt` if it is given."""
    own = dbt or settings.state_dir / "dbt"
    return {
        "project-dir": settings.house / "warehouse",
        "profiles-dir": settings.house / "warehouse",
        "target-path": own / "target",
        "log-path": own / "logs",
    }
