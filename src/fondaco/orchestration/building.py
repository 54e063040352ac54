"""One asset for each relation that a build makes, and one for each mart that readers see; dbt's tests are their checks.

All of it is one step, because one call of dbt makes it all: its own lineage says what waits for what, and what a failed check stops.
"""

import warnings
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    BetaWarning,
    CodeReferencesMetadataValue,
    Config,
    Failure,
    LocalFileCodeReference,
    MaterializeResult,
    MetadataValue,
    TableColumn,
    TableSchema,
    multi_asset,
)

from fondaco.job import RunReport, run
from fondaco.job.shops import owned
from fondaco.orchestration.calls import calling
from fondaco.orchestration.keys import OWNERS, POOL, check_names, layer_of, of_landing, of_node, of_policy, of_shown
from fondaco.orchestration.policy import served
from fondaco.orchestration.preview import previews
from fondaco.settings import Settings
from fondaco.warehouse import BuildReport, Graph, GraphCheck, GraphNode, MartStatus, NodeResult, row_counts
from fondaco.warehouse import Failure as Finding

SHOWN = "readers_see_the_last"
_GOOD = ("success", "pass", "warn")


class Building(Config):
    """What may be asked of a build.

    Attributes:
        full_refresh: build every table anew from the lake.
    """

    full_refresh: bool = False


def building(settings: Settings, graph: Graph) -> AssetsDefinition:
    """The step that builds."""
    project = Project(settings, graph)

    @multi_asset(
        name="build_models",
        specs=project.specs(),
        check_specs=project.checks(),
        can_subset=True,
        pool=POOL,
        description="Builds and tests the models over what has landed, and shows readers the marts that passed, as `fondaco build` does.",
    )
    def build(context: AssetExecutionContext, config: Building) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
        select = project.select(context.selected_asset_keys)
        with calling(context, settings.schedule) as watch:
            report = run(
                settings, "build", watch=watch, select=select, full_refresh=config.full_refresh, by=f"dagster {context.run.run_id}"
            )
        if report.build is None:
            context.log.info("nothing new since the last build: nothing was made")
            return
        wanted = context.selected_asset_keys
        for made in project.made(report, report.build, whole=select is None):
            if made.asset_key in wanted:
                yield made
        for result in project.held(report.build):
            if AssetCheckKey(_key_of(result), str(result.check_name)) in context.selected_asset_check_keys:
                yield result
        if report.build.failures:
            raise _failed(report.build)

    return build


def _failed(report: BuildReport) -> Failure:
    found = "\n".join(f"{failure.node}: {failure.message}\n  --> warehouse/{failure.path}" for failure in report.failures)
    held = [f"gold.{mart.mart}" for mart in report.marts if mart.state != "published"]
    kept = f"readers keep the last good {', '.join(held)}" if held else ""
    hint = "hint: mend the model or the rows, then materialise again; what passed stays, and readers keep the last good marts"
    return Failure("\n".join(filter(None, (found, kept, hint))), allow_retries=False)


class Project:
    """The models of one shop as Dagster's assets and checks, and a build's report as what became of them."""

    def __init__(self, settings: Settings, graph: Graph) -> None:
        self._settings = settings
        used = {node.id: node for node in graph.nodes if _is_used(node, graph)}
        # whatever is reported is reported after what it is made of
        ordered = TopologicalSorter(
            {node.id: [parent for parent in node.parents if parent in used] for node in used.values()}
        ).static_order()
        self._nodes = {name: used[name] for name in ordered}
        self._checks = [check for check in graph.checks if check.about in self._nodes]
        self._names = check_names(self._checks, self._nodes)

    def specs(self) -> list[AssetSpec]:
        """Every relation, and every mart as it is shown."""
        return [
            *(self._relation(node) for node in self._nodes.values()),
            *(self._shown(node) for node in self._nodes.values() if node.is_mart),
            served(self._settings, [node.name for node in self._nodes.values() if node.is_mart]),
        ]

    def checks(self) -> list[AssetCheckSpec]:
        """Every test, and of every mart whether readers see the last one."""
        tests = [
            AssetCheckSpec(
                self._names[check.id],
                asset=of_node(self._nodes[check.about]),
                blocking=check.stops,
                description=check.description or f"The test {check.name} of dbt, in warehouse/{check.path}.",
                metadata={"dbt test": check.name, "defined in": f"warehouse/{check.path}"},
            )
            for check in self._checks
        ]
        shown = "Readers see the mart as it was made last, because it passed its checks."
        return tests + [
            AssetCheckSpec(SHOWN, asset=of_shown(node.name), description=shown) for node in self._nodes.values() if node.is_mart
        ]

    def select(self, keys: set[AssetKey]) -> str | None:
        """dbt's selection for the chosen assets; None where all of them are."""
        if keys >= {spec.key for spec in self.specs()}:
            return None
        chosen = {key.path[-1] for key in keys if key.path[0] == "gold"}
        names = {node.name for node in self._nodes.values() if node.kind != "source" and (of_node(node) in keys or node.name in chosen)}
        return " ".join(sorted(names)) or None

    def made(self, report: RunReport, built: BuildReport, *, whole: bool) -> Iterator[MaterializeResult[Any]]:
        """What the build made. A small build leaves views and seeds as they are, and they keep the run that made them: each report costs."""
        results = {node.id: node for node in built.nodes}
        rows = row_counts(self._settings)
        for node in self._nodes.values():
            result = results.get(node.id)
            # bronze is declared anew by every build, over what has landed by then
            if (node.kind == "source" and whole) or (result is not None and result.status in _GOOD):
                yield MaterializeResult(of_node(node), metadata=self._metadata(node, result, rows, report, built))
        shown = {mart.mart: mart for mart in built.marts}
        seen = previews(self._settings, [node for node in self._nodes.values() if node.is_mart and node.id in results])
        for node in self._nodes.values():
            if node.is_mart and node.id in results and shown[node.name].state == "published":
                yield MaterializeResult(of_shown(node.name), metadata={**_published(shown[node.name]), **seen.get(node.name, {})})
        if whole and not built.failures:
            copied = report.published.rows if report.published is not None else {}
            yield MaterializeResult(of_policy(), metadata={"relations copied": len(copied), "rows copied": sum(copied.values())})

    def held(self, built: BuildReport) -> Iterator[AssetCheckResult]:
        """What the checks found."""
        results = {node.id: node for node in built.nodes}
        findings = {found.node: found for found in (*built.failures, *built.warnings)}
        for check in self._checks:
            result = results.get(check.id)
            if result is not None and result.status != "skipped":
                yield self._judged(check, result, findings.get(result.name))
        made = {node.name for node in self._nodes.values() if node.is_mart and node.id in results}
        for mart in built.marts:
            if mart.mart in made:
                yield AssetCheckResult(
                    passed=mart.state == "published",
                    asset_key=of_shown(mart.mart),
                    check_name=SHOWN,
                    severity=AssetCheckSeverity.WARN,
                    description="they do" if mart.state == "published" else mart.said,
                )

    def _judged(self, check: GraphCheck, result: NodeResult, finding: Finding | None) -> AssetCheckResult:
        passed = result.status in ("pass", "success")
        severity = AssetCheckSeverity.WARN if result.status == "warn" else AssetCheckSeverity.ERROR
        return AssetCheckResult(
            passed=passed,
            asset_key=of_node(self._nodes[check.about]),
            check_name=self._names[check.id],
            severity=severity,
            description=None if passed else finding.message if finding else f"{result.rows or 0:,} rows are at fault",
            metadata={"seconds": result.seconds}
            | ({} if passed else {"rows at fault": result.rows or 0, "defined in": f"warehouse/{check.path}"}),
        )

    def _relation(self, node: GraphNode) -> AssetSpec:
        said = node.description or "A table of the lake, as a view over its committed files."
        metadata: dict[str, Any] = {"dagster/table_name": f"{node.schema if not node.is_mart else 'marts'}.{node.name}"}
        if node.columns:
            metadata["dagster/column_schema"] = _schema(node)
        if node.kind != "source":
            metadata["dagster/code_references"] = _defined_in(str(self._settings.house / "warehouse" / node.path))
        return AssetSpec(
            of_node(node),
            deps=self._parents(node),
            description=f"{said}\n\nMade as the last build made it; readers see `gold.{node.name}`." if node.is_mart else said,
            group_name=layer_of(node),
            kinds={"duckdb", "dbt"} if node.kind != "source" else {"duckdb", "view"},
            owners=OWNERS,
            skippable=True,
            metadata=metadata,
            tags={"form": node.form or "view"},
        )

    def _shown(self, node: GraphNode) -> AssetSpec:
        metadata: dict[str, Any] = {"dagster/table_name": f"gold.{node.name}"}
        if node.columns:
            metadata["dagster/column_schema"] = _schema(node)
        return AssetSpec(
            of_shown(node.name),
            deps=[of_node(node)],
            description=f"{node.description}\n\nWhat readers see: the last that passed its checks.",
            group_name="gold",
            kinds={"duckdb", "view"},
            owners=OWNERS,
            skippable=True,
            metadata=metadata,
        )

    def _parents(self, node: GraphNode) -> list[AssetKey]:
        if node.kind == "source":
            system, _, table = node.name.partition("__")
            return [of_landing(one.source, table) for one in owned(self._settings) if (one.system.name, one.table.name) == (system, table)]
        return [of_node(self._nodes[parent]) for parent in node.parents if parent in self._nodes]

    def _metadata(
        self, node: GraphNode, result: NodeResult | None, rows: Mapping[tuple[str, str], int], report: RunReport, built: BuildReport
    ) -> Mapping[str, Any]:
        if result is None:
            return {"run": report.run_id, "lake up to commit": report.head}
        told: dict[str, Any] = {"seconds": result.seconds, "why": built.reason, "anew": built.full_refresh, "run": report.run_id}
        count = rows.get(("marts" if node.is_mart else node.schema, node.name))
        return told if count is None else told | {"dagster/row_count": count}


def _key_of(result: AssetCheckResult) -> AssetKey:
    """Of the checks here, which all say what they are about."""
    assert result.asset_key is not None
    return result.asset_key


def _is_used(node: GraphNode, graph: Graph) -> bool:
    """Whether a shop has it: the bronze of other systems is declared, too."""
    return node.kind != "source" or any(node.id in other.parents for other in graph.nodes)


def _published(mart: MartStatus) -> dict[str, Any]:
    told: dict[str, Any] = {"checks passed": mart.checks, "lake up to commit": mart.through_commit or 0}
    if mart.rows is not None:
        told["dagster/row_count"] = mart.rows
    if mart.difference is not None:
        told["difference from the ledger"] = MetadataValue.text(f"{mart.difference:,}")
    return told


def _defined_in(file: str) -> CodeReferencesMetadataValue:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BetaWarning)
        return CodeReferencesMetadataValue(code_references=[LocalFileCodeReference(file_path=file, line_number=1)])


def _schema(node: GraphNode) -> TableSchema:
    return TableSchema([_column(column.name, column.type, column.description, column.classification) for column in node.columns])


def _column(name: str, kind: str, description: str, classification: str) -> TableColumn:
    tags: Mapping[str, str] = {"classification": classification.replace(".", "_")} if classification else {}
    return TableColumn(name, kind or "", description or None, tags=tags)
