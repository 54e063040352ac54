"""Writes docs/reference.md from the code, docs/contracts.md from contracts/, docs/access.md from the policy, docs/glossary.md from the definitions, and the README's screen from a run.

`make docs` runs it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fondaco import errors
from fondaco.cli.app import app
from fondaco.contracts import Contract, load_contracts
from fondaco.governance import plan_of
from fondaco.governance.matrix import page
from fondaco.job.figures import catalogue
from fondaco.metrics import Catalogue, Metric
from fondaco.settings import load_settings, shape
from fondaco.settings.values import format_duration

REFERENCE = Path(__file__).parent / "reference.md"
ACCESS = Path(__file__).parent / "access.md"
CONTRACTS = Path(__file__).parent / "contracts.md"
GLOSSARY = Path(__file__).parent / "glossary.md"
README = Path(__file__).parents[1] / "README.md"

_HEAD = """\
# Reference

Made from the code by `make docs`; a test fails when it is behind. The tutorial is [tutorial.md](tutorial.md).
"""

_ACCESS = """\
# Who sees what

Made from `policy/` and the models by `make docs`, for the demo; a test fails when it is behind. `fondaco policy matrix` says the same of the policy
in force. Columns that are not named are shown as they are. How each method changes a value stands in `policy/masks.yml`.
"""

_CONTRACTS = """\
# What a shop is made of

Made from `contracts/` by `make docs`; a test fails when it is behind. Each system's tables are mapped to these columns in
`warehouse/models/staging/`, and the policy speaks of their classifications ([who sees what](access.md)). A shop that exports files in these columns
needs no mapping: system `plain` ([the tutorial](tutorial.md#5-your-own-system)).
"""

_EXIT_CODES = """\
## Exit codes

| code | meaning |
|---|---|
| 0 | done; for `plan --check`: nothing to do; for `status`: fresh |
| 1 | work failed: a table could not be read, a model or a test failed, a source is stale, `plan --check` found work |
| 2 | wrong use: the call, a setting or a declaration |
| 75 | locked: another run is at work; the same call works later |
| 130 | interrupted; the next run goes on from there |

With `--json` a command prints one document on stdout, whatever happens: `fondaco` (version), `format` (of the document, 1),
`command`, `ok`, `exit_code`, `error` (`code`, `message`, `where`, `hint`, or null) and `data`. Amounts are text, so that no digit is lost;
times are ISO 8601, durations seconds. Progress and errors go to stderr. A spinner is shown where stderr is a terminal and `CI` is not set; `NO_COLOR` is honoured.
"""

_PRECEDENCE = """\
## Settings

They stand in `fondaco.yml`, which is looked for here and in the folders above. An option beats the environment, which beats `.env` beside
fondaco.yml, which beats the target in force, which beats the file, which beats the default. `fondaco doctor config` prints every value and who said it.

* In the environment a setting is its path in capitals with two underscores for each dot: `sources.shop.path` is `FONDACO_SOURCES__SHOP__PATH`.
  `FONDACO_CONFIG` and `FONDACO_TARGET` stand for `-C` and `-t`.
* `${NAME}` in the file is filled in from the environment or `.env`. A secret may only be written so: a literal one is refused.
* Relative paths start at the folder of fondaco.yml. Durations are a whole number and ms, s, m, h, d or w. Shares are `1%` or `0.01`.
"""


def reference() -> str:
    """The whole page."""
    parts = [_HEAD, "## Commands\n", *_commands(), _EXIT_CODES, _PRECEDENCE, *_settings(), *_errors()]
    return "\n".join(parts).rstrip() + "\n"


def access() -> str:
    """The page of the policy that is shipped: who sees what."""
    return _ACCESS + "\n" + page(plan_of(load_settings(README.parent, None, {})))


def _commands() -> Iterator[str]:
    root: Any = typer.main.get_command(app)
    yield _options(root)
    for name, command in root.commands.items():
        nested = getattr(command, "commands", None)
        for path, leaf in {f"{name} {below}": each for below, each in nested.items()}.items() if nested else ((name, command),):
            arguments = " ".join(_argument(param) for param in leaf.params if param.param_type_name == "argument")
            yield f"### `fondaco {path}{' ' + arguments if arguments else ''}`\n"
            yield f"{leaf.help}\n"
            if any(param.help for param in leaf.params if param.name != "help"):
                yield _options(leaf)


def _argument(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def _options(command: Any) -> str:
    rows = ["| option | what it does |", "|---|---|"]
    for param in command.params:
        if param.name in ("help", "install_completion", "show_completion"):
            continue
        is_option = param.param_type_name == "option"
        takes = f" {param.metavar or 'N'}" if is_option and not param.is_flag else ""
        names = ", ".join(f"`{name}{takes}`" for name in param.opts) if is_option else f"`{_argument(param)}`"
        rows.append(f"| {names} | {param.help} |")
    return "\n".join(rows) + "\n"


def _settings() -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for path, field in _leaves(shape.Declared, ""):
        groups.setdefault(path.split(".")[0] if "." in path else "", []).append(_setting(path, field))
    for source in (shape.DemoSource, shape.PostgresSource, shape.MysqlSource, shape.SqliteSource, shape.FilesSource):
        kind = source.model_fields["type"].annotation.__args__[0]  # type: ignore[union-attr]
        shared = shape.Reading.model_fields if issubclass(source, shape.Reading) else {}
        own = [name for name in source.model_fields if name not in shared]
        groups[f"sources.NAME, type: {kind}"] = [_setting(name, source.model_fields[name]) for name in (*own, *shared) if name != "type"]
    for title, rows in groups.items():
        yield f"### {title or 'fondaco.yml'}\n"
        yield "\n".join(["| setting | default | what it says |", "|---|---|---|", *rows]) + "\n"


def _leaves(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        below = field.annotation
        if isinstance(below, type) and issubclass(below, BaseModel):
            yield from _leaves(below, f"{prefix}{name}.")
        else:
            yield prefix + name, field


def _setting(path: str, field: FieldInfo) -> str:
    known = {"lake.path": "`./lake`", "warehouse.path": "`./warehouse.duckdb`"}
    default = known.get(path) or ("needed" if field.is_required() else f"`{_shown(field.default)}`")
    if path == "path" and field.description and "unless said otherwise" in field.description:
        default = "`.fondaco/NAME.sqlite`"
    return f"| `{path}` | {default} | {' '.join((field.description or '').split())} |"


def _shown(value: Any) -> str:
    if hasattr(value, "total_seconds"):
        return format_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return str(list(value))
    if value is None or type(value).__name__ == "SecretStr":
        return "–"
    return f"{(value * 100).normalize():f}%" if type(value).__name__ == "Decimal" else str(value)


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.FondacoError)]
    rows = [f"| {kind.code} | {kind.exit_code} | `{kind.__name__}` |" for kind in sorted(kinds, key=lambda kind: kind.code)]
    yield "\n".join(["| code | exit | error |", "|---|---|---|", *rows]) + "\n"
    yield f"```\n{(errors.__doc__ or '').partition(chr(10) * 2)[2].strip(chr(10))}\n```\n"


_GLOSSARY_HEAD = """\
# Glossary

Every metric, as `warehouse/models/semantic` defines it; made by `make docs`, a test fails when it is behind. How to ask for one:
[how-to/ask-for-a-metric.md](how-to/ask-for-a-metric.md). Days are the shop's; what stands "as of the last day of trade" has no days.
Amounts are in the reporting currency. A ratio is a ratio of sums, never a mean of ratios; a median is of rows.
"""
_TIMES = {"state": "as of the last day of trade", "window": "a window up to the last day of trade"}


def contracts() -> str:
    """The page of the entities and their columns."""
    return "\n".join([_CONTRACTS, *(_contract(entity) for entity in load_contracts(CONTRACTS.parents[1] / "contracts").values())])


def _contract(entity: Contract) -> str:
    kept = (
        "every version is kept (SCD Type 2)" if entity.history == "scd2" else "as the source last stated it; the lake keeps every version"
    )
    head = [f"## {entity.entity}\n", f"{entity.description} Key: {', '.join(f'`{name}`' for name in entity.key)}; {kept}.\n"]
    rows = [
        f"| `{each.name}` | {each.type} | {'may be NULL' if each.nullable else 'never NULL'} | {each.classification} | {each.description} |"
        for each in entity.columns
    ]
    return "\n".join([*head, "| column | type | | classification | what it is |", "|---|---|---|---|---|", *rows]) + "\n"


def glossary(found: Catalogue) -> str:
    """The page of all metrics, by who owns them."""
    parts = [_GLOSSARY_HEAD]
    for owner in sorted({metric.owner for metric in found.metrics.values()}):
        parts.append(f"## {owner.capitalize()}\n")
        parts += [_entry(metric) for metric in found.metrics.values() if metric.owner == owner]
    return "\n".join(parts)


def _entry(metric: Metric) -> str:
    good = {"up": "up is good", "down": "down is good", "neither": "neither way is good"}[metric.good]
    facts = [f"unit: {metric.unit}", good, f"counts on: {_TIMES.get(metric.time, metric.time)}", f"stands in: `{metric.mart}`"]
    own = [f"`{each.name}`" for each in metric.dimensions if "__" not in each.name]
    more = sorted({each.name.partition("__")[0] for each in metric.dimensions if "__" in each.name})
    by = ", ".join(own) + "".join(f", and what its {member} is" for member in more)
    lines = [f"### {metric.name}\n", f"**{metric.label}.** {metric.formula} {metric.caveat}\n", f"{' · '.join(facts)}  ", f"by: {by}"]
    if metric.by:
        lines.append(f"  \nnot without: {', '.join(f'`{name}`' for name in metric.by)}")
    if metric.needs:
        lines.append(f"  \nneeds: {metric.needs}")
    return "\n".join(lines).replace("\n  \n", "  \n") + "\n"


def screen(said: str, sections: tuple[str, ...] = ("Landed", "Built", "The shop", "Customers by segment")) -> str:
    """The first lines of a run's screen and these sections of it."""
    blocks = "\n".join(line.rstrip() for line in said.strip().splitlines()).split("\n\n")
    return "\n\n".join([blocks[0], *(block for section in sections for block in blocks if block.startswith(section + "  "))])


def _run_the_demo() -> str:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(README.parent / "fondaco.yml", folder)
        call = [sys.executable, "-c", "import sys; from fondaco.cli import main; sys.exit(main(['run']))"]
        return subprocess.run(call, cwd=folder, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
    CONTRACTS.write_text(contracts(), encoding="utf-8")
    ACCESS.write_text(access(), encoding="utf-8")
    GLOSSARY.write_text(glossary(catalogue(load_settings(README.parent, None))), encoding="utf-8")
    shown = f"```text\n{screen(_run_the_demo())}\n```"
    README.write_text(re.sub(r"```text\n.*?```", lambda _: shown, README.read_text(encoding="utf-8"), flags=re.DOTALL), encoding="utf-8")
    from warehouse_page import write

    with tempfile.TemporaryDirectory() as made:
        page_of_models = write(Path(made))
    sys.stdout.write(f"wrote {REFERENCE}, {CONTRACTS}, {ACCESS}, {GLOSSARY}, the screen in {README} and {page_of_models}\n")
