"""What the policy is held against: every relation of the warehouse with its columns, their types and their classifications.

Silver and gold are declared by the models' yml, whose contracts dbt enforces: what is written there is what is built. Bronze is declared
by systems/. Both are read as they stand, in a tenth of the time that dbt takes to parse them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from fondaco.contracts import CLASSIFICATIONS, Contract, Place, System, load_contracts
from fondaco.errors import DeclarationError, did_you_mean
from fondaco.settings import Settings
from fondaco.warehouse.bronze import LANDING_COLUMNS
from fondaco.warehouse.project import systems_of

#: The folders of warehouse/models whose schema is a layer that people may read.
_FOLDERS = ("core", "marts")


@dataclass(frozen=True)
class Column:
    """One column of a relation.

    Attributes:
        classification: None where nobody said one.
        where: the place that declares it.
    """

    name: str
    type: str
    classification: str | None
    where: str


@dataclass(frozen=True)
class Relation:
    """One table or view of the warehouse."""

    layer: str
    name: str
    columns: tuple[Column, ...]
    where: str

    @property
    def path(self) -> str:
        """``gold.daily_sales``."""
        return f"{self.layer}.{self.name}"

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class Catalog:
    """The warehouse's relations by path, the countries that there are, and what the contracts call personal.

    Attributes:
        personal: classification of columns of contracts/ that tell of persons, by their names.
    """

    relations: Mapping[str, Relation]
    countries: frozenset[str]
    personal: Mapping[str, str]


def load_catalog(settings: Settings) -> Catalog:
    """Reads contracts/, the systems of this shop and the models' yml.

    Raises:
        DeclarationError: a declaration is wrong, or a model says a classification that is none; it names file and line.
    """
    contracts = load_contracts(settings.house / "contracts")
    project = settings.house / "warehouse"
    relations = [*_bronze(systems_of(settings), settings.house / "systems"), *_models(project)]
    return Catalog(
        relations={relation.path: relation for relation in relations},
        countries=_countries(project / "seeds" / "countries.csv"),
        personal=_personal(contracts),
    )


def _personal(contracts: Mapping[str, Contract]) -> dict[str, str]:
    return {
        column.name: column.classification
        for contract in contracts.values()
        for column in contract.columns
        if column.classification.startswith("pii.")
    }


def _countries(path: Path) -> frozenset[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(row["country"] for row in csv.DictReader(file))


def _bronze(systems: Mapping[str, System], folder: Path) -> Iterator[Relation]:
    for system in systems.values():
        where = str(folder / f"{system.name}.yml")
        for table in system.tables.values():
            # the lake keeps instants as UTC without a zone
            declared = [
                Column(column.name, "timestamp" if column.type == "timestamptz" else column.type, column.classification, where)
                for column in table.columns
            ]
            landing = [Column(name, kind, "internal", where) for name, kind in LANDING_COLUMNS.items()]
            yield Relation("bronze", f"{system.name}__{table.name}", (*declared, *landing), where)


def _models(project: Path) -> Iterator[Relation]:
    schemas = _schemas(project / "dbt_project.yml")
    for folder in _FOLDERS:
        for path in sorted((project / "models" / folder).rglob("*.yml")):
            root = Place.root(path)
            for model in root.listed("models") if root.values.get("models") else ():
                columns = tuple(_column(column) for column in model.listed("columns"))
                yield Relation(schemas[folder], model.text("name"), columns, model.where())


def _column(place: Place) -> Column:
    config = place.inner("config")
    meta = config.inner("meta") if config else None
    said = meta.text_or_none("classification") if meta else None
    if said is not None and said not in CLASSIFICATIONS:
        raise place.error(f"column {place.text('name')!r} is classified {said!r}, which is none{did_you_mean(said, CLASSIFICATIONS)}")
    return Column(place.text("name"), place.text("data_type").replace(" ", ""), said, place.where())


def _schemas(path: Path) -> dict[str, str]:
    """The schema of each folder of models, as dbt_project.yml says it."""
    project = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
    models = project["models"][project["name"]]
    try:
        return {folder: str(models[folder]["+schema"]) for folder in _FOLDERS}
    except KeyError as error:
        raise DeclarationError(f"dbt_project.yml gives the models in {error.args[0]!r} no schema", where=str(path)) from error
