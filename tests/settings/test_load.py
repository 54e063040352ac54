from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from fondaco.errors import ConfigError
from fondaco.settings import DemoSource, FilesSource, Settings, effective, find_config, is_ci, load_settings

MINIMAL = """\
version: 1
project: demo
sources:
  shop: {type: demo}
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str = MINIMAL, dotenv: str | None = None) -> Path:
        file = tmp_path / "fondaco.yml"
        file.write_text(text, encoding="utf-8")
        if dotenv is not None:
            (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
        return file

    return write


def load(file: Path, target: str | None = None, **environ: str) -> Settings:
    return load_settings(file, target, environ)


def refusal(file: Path, target: str | None = None, **environ: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(file, target, **environ)
    return caught.value


def test_four_lines_are_a_configuration(write: Write, tmp_path: Path) -> None:
    settings = load(write())
    shop = settings.sources["shop"]
    assert isinstance(shop, DemoSource)
    assert (shop.customers, shop.seed, shop.days, shop.start) == (8000, 42, 548, date(2024, 1, 1))
    assert shop.path == tmp_path / ".fondaco/shop.sqlite"
    assert (shop.lag, shop.system) == (timedelta(minutes=2), "demo")
    assert settings.lake.path == str(tmp_path / "lake")
    assert settings.warehouse.path == tmp_path / "warehouse.duckdb"
    assert settings.quality.max_bad_share == Decimal("0.01")
    assert settings.rules.rfm.frequency_bands == (1, 2, 3, 5)
    assert (settings.root, settings.state_dir) == (tmp_path, tmp_path / ".fondaco")
    assert (settings.house / "systems").is_dir()


def test_relative_paths_start_at_the_file_not_at_the_caller(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(MINIMAL + "  drops: {type: files, path: ../drops, system: online_retail}\nlake: {path: s3://acme/lake}\n")
    monkeypatch.chdir("/")
    settings = load(file)
    drops = settings.sources["drops"]
    assert isinstance(drops, FilesSource)
    assert drops.path == str(tmp_path / "../drops")
    assert settings.lake.path == "s3://acme/lake"


def test_the_environment_beats_dotenv_which_beats_the_target_which_beats_the_file(write: Write) -> None:
    text = MINIMAL.replace("{type: demo}", "{type: demo, seed: 1}") + "targets:\n  ci: {sources: {shop: {seed: 2}}}\n"
    key = "FONDACO_SOURCES__SHOP__SEED"
    assert load(write(text)).sources["shop"].seed == 1  # type: ignore[union-attr]
    assert load(write(text), "ci").sources["shop"].seed == 2  # type: ignore[union-attr]
    assert load(write(text, f"{key}=3"), "ci").sources["shop"].seed == 3  # type: ignore[union-attr]
    assert load(write(text, f"{key}=3"), "ci", **{key: "4"}).sources["shop"].seed == 4  # type: ignore[union-attr]


def test_the_option_beats_the_environment_in_naming_the_target(write: Write) -> None:
    file = write(MINIMAL + "targets:\n  ci: {demo: true}\n  prod: {demo: false}\n")
    assert load(file, None, FONDACO_TARGET="ci").demo is True
    assert load(file, "prod", FONDACO_TARGET="ci").demo is False


def test_a_target_of_another_type_takes_nothing_over_from_the_type_it_replaces(write: Write, tmp_path: Path) -> None:
    file = write(
        MINIMAL.replace("{type: demo}", "{type: demo, seed: 1}")
        + "targets:\n  real: {sources: {shop: {type: files, path: in, system: online_retail}}}\n"
    )
    shop = load(file, "real").sources["shop"]
    assert isinstance(shop, FilesSource)
    assert shop.path == str(tmp_path / "in")


def test_variables_are_filled_in_from_dotenv_and_the_environment(write: Write) -> None:
    text = MINIMAL + "lake: {path: '${BUCKET}/${STAGE}'}\n"
    assert load(write(text, "export BUCKET='s3://acme'\n# a comment\nSTAGE=dev # not production\n")).lake.path == "s3://acme/dev"
    assert load(write(text, "BUCKET=s3://acme\nSTAGE=dev"), STAGE="prod").lake.path == "s3://acme/prod"


def test_a_variable_that_is_not_set_is_named_with_its_line(write: Write) -> None:
    error = refusal(write(MINIMAL + "lake: {path: '${NOWHERE}'}\n"))
    assert "lake.path needs ${NOWHERE}" in error.message
    assert error.where is not None and error.where.endswith("fondaco.yml:5")
    assert "export NOWHERE" in str(error.hint)


@pytest.mark.parametrize("line", ["password: hunter2", "api_key: 12345", "url: 'postgres://reader:hunter2@db/shop'"])
def test_a_secret_in_the_file_is_refused_without_repeating_it(write: Write, line: str) -> None:
    error = refusal(write(f"version: 1\nproject: demo\nsources:\n  shop:\n    type: demo\n    {line}\n"))
    assert "secret" in error.message and "hunter2" not in str(error) and "12345" not in str(error)
    assert error.where is not None and error.where.endswith(":6")
    assert "${" in str(error.hint)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (MINIMAL.replace("type: demo", "type: dmeo"), 4, "sources.shop.type: 'dmeo' is no type of source (did you mean 'demo'?)"),
        (
            MINIMAL.replace("{type: demo}", "{custmers: 3, type: demo}"),
            4,
            "'sources.shop.custmers' is not a setting (did you mean 'customers'?)",
        ),
        (MINIMAL.replace("shop: {type: demo}", "demo: {seeed: 3, type: demo}"), 4, "(did you mean 'seed'?)"),
        (MINIMAL.replace("{type: demo}", "{path: x}"), 4, "'sources.shop.type' is missing"),
        (MINIMAL.replace("type: demo", "type: files, path: in"), 4, "'sources.shop.system' is missing"),
        (MINIMAL.replace("type: demo", "type: files, path: in, system: online_retial"), 4, "(did you mean 'online_retail'?)"),
        (MINIMAL.replace("type: demo", "type: demo, customers: many"), 4, "sources.shop.customers: input should be a valid integer"),
        (MINIMAL.replace("type: demo", "type: demo, lag: soon"), 4, "sources.shop.lag: 'soon' is no duration"),
        (MINIMAL.replace("  shop", "  Shop"), 4, "does not have the form"),
        (MINIMAL + "qualty: {}\n", 5, "'qualty' is not a setting (did you mean 'quality'?)"),
        (
            MINIMAL + "quality:\n  max_bad_share: 1%\n  on_bad_row: quarantin\n",
            7,
            "is not one of quarantine, stop (did you mean 'quarantine'?)",
        ),
        (MINIMAL + "quality: {max_bad_share: 120%}\n", 5, "between 0% and 100%"),
        (MINIMAL + "business: {timezone: Europe/Berln}\n", 5, "is no IANA time zone"),
        (MINIMAL + "rules: {rfm: {frequency_bands: [3, 2, 1, 5]}}\n", 5, "ascending"),
        (MINIMAL + "rules: {affinity: {min_support: 2}}\n", 5, "between 0% and 100%"),
        (MINIMAL + "rules: {affinity: {min_pair_count: 0}}\n", 5, "min_pair_count"),
        (MINIMAL + "rules:\n  rfm: 7\n", 6, "rules.rfm must be a mapping, not 7"),
        (MINIMAL + "project: twice\n", 5, "project is said twice"),
        (MINIMAL + "lake: {path: [\n", 6, "is not YAML"),
        (MINIMAL + "targets:\n  ci:\n    lakes: {}\n", 7, "'targets.ci.lakes' is not a setting (did you mean 'lake'?)"),
        ("version: 2\nproject: demo\nsources: {shop: {type: demo}}\n", 1, "version: 2 is not one of 1"),
        ("- a list\n", 1, "holds no settings"),
    ],
)
def test_a_wrong_setting_is_named_with_file_line_and_the_nearest_right_word(write: Write, text: str, line: int, says: str) -> None:
    error = refusal(write(text))
    assert says in error.message
    assert error.where is not None and error.where.endswith(f"fondaco.yml:{line}")
    assert error.exit_code == 2


def test_an_empty_file_says_what_is_missing(write: Write) -> None:
    error = refusal(write(""))
    assert "'project' is missing" in error.message and "'sources' is missing" in error.message


def test_all_faults_are_told_at_once(write: Write) -> None:
    error = refusal(write(MINIMAL + "qualty: {}\nbusiness: {currency: euro}\n"))
    assert "qualty" in str(error) and "business.currency" in str(error)


def test_a_fault_in_the_environment_names_the_variable(write: Write) -> None:
    error = refusal(write(), FONDACO_SOURCES__SHOP__SEDE="7")
    assert "(did you mean 'seed'?)" in error.message
    assert error.where == "environment FONDACO_SOURCES__SHOP__SEDE"


def test_variables_of_fondaco_that_are_no_settings_are_left_alone(write: Write) -> None:
    assert load(write(), FONDACO_SHARED_DATA="/data", FONDACO_CONFIG="x").project == "demo"


def test_a_list_may_come_from_the_environment(write: Write) -> None:
    assert load(write(), FONDACO_RULES__RFM__FREQUENCY_BANDS="[1, 2, 4, 8]").rules.rfm.frequency_bands == (1, 2, 4, 8)


def test_an_unknown_target_is_named_with_the_nearest_one(write: Write) -> None:
    error = refusal(write(MINIMAL + "targets:\n  prod: {demo: false}\n"), "prd")
    assert "target 'prd' is not in fondaco.yml (did you mean 'prod'?)" in error.message


def test_a_line_of_dotenv_that_is_no_assignment_is_named(write: Write) -> None:
    error = refusal(write(MINIMAL, "A=1\nwhat is this\n"))
    assert error.where is not None and error.where.endswith(".env:2")


def test_settings_are_frozen(write: Write) -> None:
    settings = load(write())
    with pytest.raises(ValidationError):
        settings.project = "other"
    with pytest.raises(ValidationError):
        settings.lake.path = "other"


def test_the_file_is_found_here_or_above_or_where_one_says(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, below = write(), tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_config(None, {}) == file
    assert find_config(tmp_path, {}) == file
    assert find_config(None, {"FONDACO_CONFIG": str(file)}) == file
    with pytest.raises(ConfigError, match="does not exist"):
        find_config(below, {})


def test_every_effective_value_says_who_said_it(write: Write, tmp_path: Path) -> None:
    found = {item.setting: item for item in effective(write(), environ={"FONDACO_BUSINESS__CURRENCY": "GBP"})}
    assert found["project"].origin == f"{tmp_path}/fondaco.yml:2"
    assert (found["business.currency"].value, found["business.currency"].origin) == ("GBP", "environment FONDACO_BUSINESS__CURRENCY")
    assert (found["sources.shop.lag"].value, found["sources.shop.lag"].origin) == ("2m", "default")


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("1", True), ("false", False), ("", False)])
def test_ci_is_told_from_the_environment(value: str, expected: bool) -> None:
    assert is_ci({"CI": value}) is expected
    assert is_ci({}) is False


def test_a_bucket_is_reached_as_aws_tools_reach_it_unless_said_otherwise(write: Write) -> None:
    file = write(
        MINIMAL + "  drops: {type: files, path: s3://in/x, system: online_retail, region: eu-west-1}\nlake: {path: s3://acme/lake/}\n"
    )
    environ = {"AWS_DEFAULT_REGION": "us-west-2", "AWS_ENDPOINT_URL": "http://store:9000", "AWS_REGION": "eu-central-1"}
    settings = load(file, **environ)
    drops = settings.sources["drops"]
    assert isinstance(drops, FilesSource)
    assert (settings.lake.path, settings.lake.region, settings.lake.endpoint) == ("s3://acme/lake", "eu-central-1", "http://store:9000")
    assert (drops.region, drops.endpoint) == ("eu-west-1", "http://store:9000")
    said = {item.setting: item.origin for item in effective(file, environ=environ)}
    assert said["lake.region"] == "environment AWS_REGION"


@pytest.mark.parametrize(
    ("lake", "message"),
    [
        ("{path: 'gs://acme/lake'}", "neither a folder nor s3://bucket/prefix"),
        ("{path: 's3:///lake'}", "neither a folder nor s3://bucket/prefix"),
        ("{path: s3://acme/x, access_key_id: k}", "access_key_id and secret_access_key go together"),
        ("{path: s3://acme/x, kms_key_id: k}", "kms_key_id goes with sse: aws:kms"),
        ("{path: s3://acme/x, external_id: k}", "external_id goes with role_arn"),
        ("{path: s3://acme/x, access_key_id: k, secret_access_key: literal}", "is a secret and may not stand in"),
    ],
)
def test_a_bucket_that_is_said_wrongly_is_named(write: Write, lake: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(write(MINIMAL + f"lake: {lake}\n"))


def test_the_keys_of_a_bucket_are_shown_to_nobody(write: Write) -> None:
    file = write(MINIMAL + "lake: {path: s3://acme/x, access_key_id: k, secret_access_key: '${SECRET}'}\n")
    assert "hidden" not in repr(load(file, SECRET="hidden"))
    assert "hidden" not in repr(effective(file, environ={"SECRET": "hidden"}))
