"""The dbt project without dbt: its models rendered by plain Jinja and made by DuckDB, so that whole builds take milliseconds.

What dbt does to a model is done here in a few lines each: view, table, incremental (both strategies) and our snapshot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import yaml

SCHEMAS = {"staging": "staging", "intermediate": "intermediate", "core": "silver", "marts": "gold"}
#: What dbt_project.yml says to the four folders.
KINDS = {"staging": "view", "intermediate": "view", "core": "table", "marts": "mart"}
#: dbt's variables, in place of what vars.yml says.
VARIABLES: Mapping[str, Any] = {
    "systems": {
        "plain": {
            "zone": "UTC",
            "entities": [
                "customers", "products", "resellers", "orders", "order_items", "payments", "shipments", "refunds", "exchange_rates",
            ],
        }
    },
    "test_email_domains": ["test.example"],
    "test_coupons": ["TEST"],
}  # fmt: skip

_MACRO = re.compile(r"{%-? macro (\w+).*?{%-? endmacro -?%}", re.DOTALL)


@dataclass
class Node:
    """A model or a snapshot.

    Attributes:
        asks: the nodes that it reads, found when it is rendered.
    """

    name: str
    relation: str
    kind: str
    text: str
    asks: set[str] = field(default_factory=set)
    config: dict[str, Any] = field(default_factory=dict)


class Project:
    """The models of one system and all that is made of them.

    Args:
        house: the folder with warehouse/.
        variables: dbt's, in place of those above.
    """

    def __init__(self, house: Path, **variables: Any) -> None:
        self.folder = house / "warehouse"
        declared = yaml.safe_load((self.folder / "vars.yml").read_text(encoding="utf-8"))["vars"]
        self.variables = {**declared, **VARIABLES, **variables}
        self.nodes = {node.name: node for node in self._found()}
        self._rendered: dict[tuple[str, bool, frozenset[str]], str] = {}
        self._now: Node | None = None
        self._incremental = False
        self._there: set[str] = set()
        self._environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
        self._macros: dict[str, Callable[..., Any]] = {}
        self._environment.globals |= {
            "return": _Value,
            "this": _This(self),
            "adapter": SimpleNamespace(dispatch=self._dispatch, get_relation=self._get_relation),
            "var": lambda name, default=None: self.variables.get(name, default),
            "ref": self._ref,
            "source": lambda source, table: f"bronze.{source}__{table}",
            "config": _Config(self),
            "is_incremental": lambda: self._incremental,
            "should_full_refresh": lambda: not self._incremental,
            "target": SimpleNamespace(database="memory", schema="main", name="duckdb", type="duckdb"),
            "flags": SimpleNamespace(FULL_REFRESH=False),
            "execute": True,
        }
        # each by itself, so that one calls another by its name, in a later file too
        texts = [path.read_text(encoding="utf-8") for path in sorted((self.folder / "macros").glob("*.sql"))]
        found = {match[1]: match[0] for text in texts for match in _MACRO.finditer(text) if match[1] not in self._environment.globals}
        self._environment.globals |= {name: _Macro(name, self._macros) for name in found}
        self._macros |= {name: getattr(self._environment.from_string(text).make_module(), name) for name, text in found.items()}

    def order(self, *wanted: str) -> list[Node]:
        """The nodes that these are made of, and themselves, in the order in which they are made; all if none is named."""
        found: dict[str, Node] = {}

        def visit(name: str) -> None:
            node = self.nodes.get(name)
            if node is None or name in found:
                return
            self.render(node, incremental=False)
            for asked in sorted(node.asks):
                visit(asked)
            found[name] = node

        for name in wanted or sorted(self.nodes):
            visit(name)
        return list(found.values())

    def prepare(self, connection: duckdb.DuckDBPyConnection, *wanted: str) -> None:
        """Schemas, seeds and views: what does not change from build to build."""
        for schema in (*SCHEMAS.values(), "history", "reference"):
            connection.execute(f"create schema if not exists {schema}")
        for path in sorted((self.folder / "seeds").glob("*.csv")):
            connection.execute(f"create or replace table reference.{path.stem} as from read_csv('{path}', header = true)")

    def build(self, connection: duckdb.DuckDBPyConnection, *wanted: str, full_refresh: bool = False) -> None:
        """One build of these and of what they are made of. The first one, and a full refresh, make everything anew."""
        rows = connection.execute("select schema_name || '.' || table_name from duckdb_tables() where not internal").fetchall()
        self._there = {name for (name,) in rows if not full_refresh or name.startswith("ops.")}
        views = {
            name
            for (name,) in connection.execute("select schema_name || '.' || view_name from duckdb_views() where not internal").fetchall()
        }
        for node in self.order(*wanted):
            if node.kind == "view" and node.relation in views:
                continue
            for statement in self.statements(node, incremental=node.relation in self._there):
                connection.execute(statement)

    def statements(self, node: Node, *, incremental: bool) -> list[str]:
        """What makes one node."""
        sql, name = self.render(node, incremental=incremental), node.relation
        if node.kind == "view":
            return [f"create or replace view {name} as {sql}"]
        if node.kind == "snapshot":
            return self._snapshot(node, sql, incremental=incremental)
        if node.kind == "table" or not incremental or (node.kind == "mart" and "unique_key" not in node.config):
            return [f"create or replace table {name} as {sql}"]
        made = [f"create or replace temp table made as {sql}"]
        strategy = node.config.get("incremental_strategy", "replace_touched")
        if strategy == "delete+insert":
            keys = node.config["unique_key"]
            named = ", ".join([keys] if isinstance(keys, str) else keys)
            return [*made, f"delete from {name} where ({named}) in (select ({named}) from made)", f"insert into {name} by name from made"]
        self._now = node
        arguments = {
            "target_relation": name,
            "temp_relation": "made",
            "unique_key": node.config.get("unique_key"),
            "dest_columns": _Columns(),
        }
        replaced = self._macros[f"get_incremental_{strategy}_sql"](arguments)
        return [*made, str(replaced).replace("(made_columns)", "by name").replace("select made_columns", "select *")]

    def _snapshot(self, node: Node, sql: str, *, incremental: bool) -> list[str]:
        key = node.config["unique_key"]
        versions = self._macros["versions"]
        if not incremental:
            return [f"create or replace table {node.relation} as {versions(f'({sql})', key)}"]
        return [
            f"create or replace temp table made as {versions(f'(select * from ({sql}) where is_touched)', key)}",
            f"delete from {node.relation} where {key} in (select {key} from made)",
            f"insert into {node.relation} by name from made",
        ]

    def render(self, node: Node, *, incremental: bool) -> str:
        """The SQL of a node."""
        key = (node.name, incremental, frozenset(self._there))
        if key in self._rendered:
            return self._rendered[key]
        self._now, self._incremental = node, incremental
        text = str(self._environment.from_string(node.text).render()).strip()
        self._rendered[key] = text
        return text

    def test(self, name: str, model: str, **arguments: Any) -> str:
        """The question of a generic test, of a model that its yml gives these arguments."""
        text = (self.folder / "tests" / "generic" / f"{name}.sql").read_text(encoding="utf-8")
        text = text.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")
        self._now = self.nodes[model]
        return str(getattr(self._environment.from_string(text).make_module(), name)(self._now.relation, **arguments))

    def declared(self, model: str, test: str) -> list[dict[str, Any]]:
        """With which arguments a model's yml declares a generic test."""
        (path,) = self.folder.glob(f"models/**/{model}.sql")
        (described,) = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
        return [found[test].get("arguments", {}) for found in described.get("data_tests", []) if isinstance(found, dict) and test in found]

    def macro(self, name: str, *arguments: Any) -> str:
        return str(_Macro(name, self._macros)(*arguments))

    def _found(self) -> Iterable[Node]:
        systems = set(self.variables["systems"])
        for path in sorted(self.folder.glob("models/**/*.sql")):
            folder, *rest = path.relative_to(self.folder / "models").parts
            if folder == "staging" and rest[0] not in systems:
                continue
            yield Node(path.stem, f"{SCHEMAS[folder]}.{path.stem}", KINDS[folder], path.read_text(encoding="utf-8"))
        for path in sorted(self.folder.glob("snapshots/*.yml")):
            for declared in yaml.safe_load(path.read_text(encoding="utf-8"))["snapshots"]:
                text = f"select * from {{{{ {declared['relation']} }}}}"
                yield Node(declared["name"], f"history.{declared['name']}", "snapshot", text, config=declared["config"])

    def _ref(self, name: str) -> str:
        assert self._now is not None
        self._now.asks.add(name)
        node = self.nodes.get(name)
        return node.relation if node else f"reference.{name}"

    def _dispatch(self, name: str, _package: str) -> Callable[..., Any]:
        return _Macro(f"duckdb__{name}", self._macros)

    def _get_relation(self, _database: str, schema: str, name: str) -> str | None:
        # a mart is made where it is shown
        found = f"{'gold' if schema == 'marts' else schema}.{name}"
        return found if found in self._there else None


class _Value(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value
        raise self


class _Macro:
    """A macro that may return a value in the middle, by name."""

    def __init__(self, name: str, macros: Mapping[str, Callable[..., Any]]) -> None:
        self._name, self._macros = name, macros

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        try:
            return self._macros[self._name](*arguments, **named)
        except _Value as left:
            return left.value


class _Config:
    """`config(…)` of the node that is being rendered, and `config.get`."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def __call__(self, **settings: Any) -> str:
        node = self._project._now
        assert node is not None
        node.config |= settings
        node.kind = settings.get("materialized", node.kind)
        return ""

    def get(self, name: str) -> Any:
        assert self._project._now is not None
        return self._project._now.config.get(name)


class _This:
    """The node that is being rendered, as it is in the database."""

    database = "memory"

    def __init__(self, project: Project) -> None:
        self._project = project

    @property
    def schema(self) -> str:
        return str(self).split(".")[0]

    @property
    def identifier(self) -> str:
        return str(self).split(".")[1]

    def __str__(self) -> str:
        assert self._project._now is not None
        return self._project._now.relation


class _Columns(list):  # type: ignore[type-arg]
    """`dest_columns | map(attribute='quoted') | join(', ')`: every column, by name."""

    def __init__(self) -> None:
        super().__init__([SimpleNamespace(quoted="made_columns", name="made_columns")])
