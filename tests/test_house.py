"""The house is drawn three times (README, package docstring, import contract): the three must agree."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import fondaco
from fondaco import errors
from fondaco.contracts import load_system
from fondaco.governance.load import load_policy


def test_the_import_contract_the_docstring_and_the_readme_name_the_same_rooms_in_the_same_order(repo: Path) -> None:
    contract = _contracts(repo)["imports follow the data"]
    assert contract["exhaustive"] is True
    drawn = re.findall(r"^    (\w+) ", fondaco.__doc__ or "", re.MULTILINE)
    assert drawn == contract["layers"][::-1]
    readme = (repo / "README.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)
    assert [room for room in rooms if room in drawn] == drawn


def test_every_room_is_there_and_no_other(repo: Path) -> None:
    package = repo / "src/fondaco"
    found = {path.stem for path in package.iterdir() if not path.name.startswith("_") and (path.suffix == ".py" or path.is_dir())}
    assert found - {"py"} == set(_contracts(repo)["imports follow the data"]["layers"])


def test_only_settings_reads_the_environment(repo: Path) -> None:
    readers = [
        path.relative_to(repo / "src/fondaco").as_posix()
        for path in (repo / "src/fondaco").rglob("*.py")
        if re.search(r"\bos\.(environ|getenv)\b|\bgetenv\(", path.read_text(encoding="utf-8"))
    ]
    assert readers == ["settings/load.py"]


def test_the_version_stands_in_the_package_alone(repo: Path) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project
    assert re.fullmatch(r"\d+\.\d+\.\d+", fondaco.__version__)
    assert f"## {fondaco.__version__}" in (repo / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_lock_has_a_hash_for_every_version_and_no_address(repo: Path) -> None:
    for name in ("requirements.lock", "requirements-uv.lock", "requirements-bench.lock"):
        lock = (repo / name).read_text(encoding="utf-8")
        pins = re.split(r"\n(?=\S+==)", lock)
        assert all("--hash=sha256:" in pin for pin in pins)
        assert "://" not in lock


def test_the_lock_holds_what_the_project_asks_for(repo: Path) -> None:
    asked = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [Requirement(text) for text in asked["project"]["dependencies"] + asked["dependency-groups"]["dev"]]
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", (repo / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{name} is not locked: make lock"
        assert requirement.specifier.contains(locked[name]), f"{name} {locked[name]} is not {requirement.specifier}: make lock"


def test_every_system_is_enabled_where_sql_is_linted(repo: Path) -> None:
    lint = configparser.ConfigParser()
    lint.read(repo / ".sqlfluff")
    prefix = "sqlfluff:templater:dbt:context:systems:"
    enabled = {
        name.removeprefix(prefix): (lint[name]["zone"], lint[name]["entities"]) for name in lint.sections() if name.startswith(prefix)
    }
    systems = [load_system(repo / "systems", file.stem) for file in (repo / "systems").glob("*.yml")]
    assert enabled == {system.name: (system.zone, ",".join(system.entities)) for system in systems}


def test_no_model_is_longer_than_eighty_lines(repo: Path) -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in (repo / "warehouse/models").rglob("*.sql")}
    assert {name: length for name, length in lengths.items() if length > 80} == {}


def test_a_model_says_nothing_that_duckdb_alone_understands(repo: Path) -> None:
    """What differs between the engines stands in macros; `//` is the worst of these: to Snowflake it begins a comment."""
    alone = re.compile(
        r"//|filter \(where|\bbool_(?:and|or)\(|quantile_(?:cont|disc)\(|\bwindow \w+ as \(|\bdate_diff\(|\barg_(?:max|min)\(|strptime\("
    )
    found = {}
    for path in (repo / "warehouse/models").rglob("*.sql"):
        said = alone.findall(re.sub(r"--[^\n]*|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL))
        if said:
            found[path.name] = said
    assert found == {}


def test_an_exposure_names_what_its_reader_reads(repo: Path) -> None:
    models = repo / "warehouse/models"
    told = yaml.safe_load((models / "exposures.yml").read_text(encoding="utf-8"))["exposures"]
    said = {one["name"]: {ref.removeprefix("ref('").removesuffix("')") for ref in one["depends_on"]} for one in told}
    semantic = "".join(path.read_text(encoding="utf-8") for path in (models / "semantic").glob("*.yml"))
    screen = (repo / "src/fondaco/warehouse/summary.py").read_text(encoding="utf-8")
    layers = load_policy(repo / "policy").layers
    folders = {"silver": "core", "gold": "marts"}
    assert said == {
        "last_screen": set(re.findall(r"\bgold\.(\w+)", screen)),
        "metrics": set(re.findall(r"model: ref\('(\w+)'\)", semantic)),
        "served_layers": {path.stem for name, layer in layers.items() if layer.served for path in (models / folders[name]).rglob("*.sql")},
    }


def test_every_model_says_what_a_row_of_it_is(repo: Path) -> None:
    models = repo / "warehouse/models"
    silent = []
    for path in models.rglob("*.sql"):
        told = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
        silent += [path.stem for one in told if one["name"] != path.stem or not one.get("description")]
    assert silent == []


def test_the_error_tree_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"(\w+) +(?:exit code (\d+) )?", errors.__doc__ or "")
    kinds = {kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.FondacoError)}
    named = {name: code for name, code in drawn if name in kinds}
    assert set(named) == set(kinds)
    assert all(str(kinds[name].exit_code) == code for name, code in named.items() if code)


def test_every_verb_of_the_makefile_has_one_line_of_help(repo: Path) -> None:
    makefile = (repo / "Makefile").read_text(encoding="utf-8")
    verbs = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert verbs is not None
    assert set(verbs[1].split()) == set(re.findall(r"^([a-z-]+):.*##  ?\S", makefile, re.MULTILINE))


def _contracts(repo: Path) -> dict[str, Any]:
    tool = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    return {contract["name"]: contract for contract in tool["importlinter"]["contracts"]}
