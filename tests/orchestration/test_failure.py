"""What fails says what to mend; what may pass is tried again, and only that; a run that was killed is found and run again."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    ExecuteInProcessResult,
    Failure,
    RetryRequested,
    build_run_status_sensor_context,
    build_sensor_context,
)

from fondaco.alerts import Message
from fondaco.errors import BuildError, DeclarationError, FileRejected, FondacoError, LakeError, LockedError, SourceError
from fondaco.job.lock import only_run
from fondaco.job.runs import RunLog
from fondaco.orchestration.calls import Step, give_up
from fondaco.orchestration.definitions import loaded
from fondaco.orchestration.killed import killed_runs
from fondaco.orchestration.upkeep import old_runs
from fondaco.settings import Schedule
from fondaco.warehouse import Graph, prepare_graph
from fondaco.warehouse.graph import keep_graph
from tests.alerts.receivers import Webhook, webhook
from tests.orchestration.conftest import FIRST, Orchestrated, events, said
from tests.whole.conftest import Shop, differences, retail

SOON = "schedule: {retries: 2, wait: 10ms}\n"


@pytest.fixture
def clock(tmp_path: Path, instance: DagsterInstance) -> Orchestrated:
    """A shop that was never run, whose retries come at once; nothing of it is built here."""
    shop = retail(tmp_path / "shop", more=SOON)
    keep_graph(shop.settings, Graph(""))
    return Orchestrated(shop, instance)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as hook:
        yield hook


def land(clock: Orchestrated) -> ExecuteInProcessResult:
    return clock.run("land", partition=clock.today)


def test_a_source_that_is_down_is_tried_again_and_then_says_so(clock: Orchestrated) -> None:
    clock.shop.drops.rmdir()
    result = land(clock)
    assert len(events(result, "STEP_UP_FOR_RETRY")) == 2
    assert "the folder of source 'gifts' is not there" in said(result) and "hint: create it" in said(result)
    clock.shop.drops.mkdir()
    assert land(clock).success


def test_a_refused_file_is_not_tried_again_and_the_next_landing_takes_the_others(clock: Orchestrated) -> None:
    torn = clock.shop.drop("b.csv.gz", FIRST)
    torn.write_bytes(torn.read_bytes()[:-9])
    clock.shop.drop("a.csv.gz", [line.replace("53636", "53637") for line in FIRST[:2]])
    result = land(clock)
    assert not result.success and events(result, "STEP_UP_FOR_RETRY") == []
    assert "b.csv.gz" in said(result)
    assert RunLog(clock.shop.settings.state_dir).last(1)[0].rows["landed"] == 2


def test_a_run_waits_for_one_that_was_begun_by_hand(clock: Orchestrated) -> None:
    with only_run(clock.shop.settings.state_dir):
        result = land(clock)
    assert len(events(result, "STEP_UP_FOR_RETRY")) == 2
    assert "another run is at work here" in said(result)
    assert land(clock).success


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (SourceError("down"), True),
        (LakeError("the bucket does not answer"), True),
        (LockedError("somebody writes"), True),
        (ConnectionResetError(errno.ECONNRESET, "reset"), True),
        (FileRejected("torn"), False),
        (BuildError("a test failed"), False),
        (DeclarationError("a broken contract"), False),
        (OSError(errno.ENOSPC, "No space left on device", "/lake/x.parquet"), False),
        (PermissionError(errno.EACCES, "Permission denied"), False),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(error: FondacoError | OSError, again: bool) -> None:
    step = cast(Step, SimpleNamespace(log=SimpleNamespace(warning=lambda _: None), retry_number=0))
    with pytest.raises(RetryRequested if again else Failure) as ended:
        give_up(step, Schedule(), [error])
    if not again:
        assert cast(Failure, ended.value).allow_retries is False
    mixed = [error, FileRejected("torn")]
    with pytest.raises(Failure):
        give_up(step, Schedule(), mixed)


def test_waits_double_and_end() -> None:
    waits = []
    for number in range(3):
        step = cast(Step, SimpleNamespace(log=SimpleNamespace(warning=lambda _: None), retry_number=number))
        with pytest.raises(RetryRequested) as ended:
            give_up(step, Schedule(), [SourceError("down")])
        waits.append(ended.value.seconds_to_wait)
    assert waits == [60, 120, 240]
    step = cast(Step, SimpleNamespace(log=SimpleNamespace(warning=lambda _: None), retry_number=3))
    with pytest.raises(Failure):
        give_up(step, Schedule(), [SourceError("down")])


def test_a_full_disk_says_so(clock: Orchestrated) -> None:
    step = cast(Step, SimpleNamespace(log=SimpleNamespace(warning=lambda _: None), retry_number=0))
    with pytest.raises(Failure, match="the disk is full\n  --> /lake/x.parquet\n  hint: make room"):
        give_up(step, Schedule(), [OSError(errno.ENOSPC, "No space left on device", "/lake/x.parquet")])


def test_a_broken_declaration_is_named_and_somebody_is_told_that_nothing_ticks(
    tmp_path: Path, instance: DagsterInstance, repo: Path, hook: Webhook
) -> None:
    shop = retail(tmp_path / "shop", more="alerts: {webhook: '${HOOK}'}\n")
    (shop.root / ".env").write_text(f"HOOK={hook.address}\n")
    for folder in ("contracts", "systems", "policy", "warehouse"):
        shutil.copytree(repo / folder, shop.root / folder, ignore=shutil.ignore_patterns("target", "logs"))
    keep_graph(shop.settings, Graph(""))
    system = shop.root / "systems/online_retail.yml"
    system.write_text(system.read_text().replace("type: bigint", "type: bigness", 1))
    with pytest.raises(DeclarationError) as broken:
        loaded(shop.settings)
    assert "bigness" in broken.value.message and (broken.value.where or "").startswith(f"{system}:")
    (posted,) = hook.posted
    assert posted["text"] == "gifts: Dagster cannot load what it is to run, and nothing ticks" and "bigness" in str(posted["blocks"])


# --- somebody is told -------------------------------------------------------------------------------------------------


def failures_told(clock: Orchestrated, result: ExecuteInProcessResult) -> None:
    """What Dagster's daemon does with a run that failed."""
    sensor: Any = clock.definitions.get_repository_def().get_sensor_def("tell_of_failures")
    context = build_run_status_sensor_context(
        "tell_of_failures",
        dagster_event=events(result, "PIPELINE_FAILURE")[0],
        dagster_instance=clock.instance,
        dagster_run=result.dagster_run,
    )
    sensor(context.for_run_failure())


def test_a_failure_is_told_with_what_since_when_where_and_how_and_not_at_every_tick(
    tmp_path: Path, instance: DagsterInstance, hook: Webhook
) -> None:
    shop = retail(tmp_path / "shop", more="schedule: {retries: 0}\nalerts: {webhook: '${HOOK}', url: 'https://dagster.shop.test/'}\n")
    (shop.root / ".env").write_text(f"HOOK={hook.address}\n")
    keep_graph(shop.settings, Graph(""))
    clock = Orchestrated(shop, instance)
    assert land(clock).success
    shop.drops.rmdir()
    for _ in range(5):
        result = land(clock)
        failures_told(clock, result)
    assert len(hook.posted) == 3  # the first, the second, the fourth
    told = str(hook.posted[0]["blocks"])
    assert hook.posted[0]["text"] == "gifts: land failed"
    for part in ("the folder of source", "hint: create it", "the last good one ended", "https://dagster.shop.test/runs/", "Re-execute"):
        assert part in told
    assert "4 failed since" in str(hook.posted[2]["blocks"])


def test_who_names_nobody_has_no_sensor_that_tells(clock: Orchestrated) -> None:
    assert {found.name for found in clock.definitions.get_repository_def().sensor_defs} == {"drops_of_gifts", "killed_runs"}


def test_the_digest_is_a_job(clock: Orchestrated) -> None:
    assert clock.run("digest").success


def test_old_runs_are_forgotten_but_for_those_that_made_what_is_there(clock: Orchestrated) -> None:
    clock.shop.drop("a.csv.gz", FIRST[:2])
    runs = [clock.run("land", partition=clock.today).run_id, clock.run("digest").run_id, clock.run("compact_lake").run_id]
    assert set(old_runs(clock.instance, datetime.now(UTC) + timedelta(minutes=1))) == set(runs[1:])
    assert old_runs(clock.instance, datetime.now(UTC) - timedelta(minutes=1)) == ()
    assert clock.run("compact_lake").success
    assert all(clock.instance.get_run_by_id(run) is not None for run in runs)


# --- a run that was killed --------------------------------------------------------------------------------------------

_RUN = """
import sys
from dagster import DagsterInstance
from pathlib import Path
from fondaco.orchestration.definitions import of_shop
from fondaco.settings import load_settings
definitions = of_shop(load_settings(Path(sys.argv[1]), environ={}))
with DagsterInstance.local_temp(sys.argv[2]) as instance:
    definitions.resolve_job_def("everything").execute_in_process(instance=instance, partition_key=sys.argv[3], raise_on_error=False)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_that_was_killed_is_found_marked_and_safely_run_again(tmp_path: Path) -> None:
    shop, straight = (retail(tmp_path / name, {"a.csv.gz": FIRST}, more=SOON) for name in ("shop", "straight"))
    prepare_graph(shop.settings)
    home = tmp_path / "home"
    home.mkdir()
    with DagsterInstance.local_temp(str(home)) as instance:
        clock = Orchestrated(shop, instance)
        process = subprocess.Popen([sys.executable, "-c", _RUN, str(shop.root), str(home), clock.today], stderr=subprocess.DEVNULL)
        # in the middle of the build: its first models are there
        _until(lambda: shop.settings.warehouse.path.is_file() and _builds(shop), process)
        assert killed_runs(instance) == ()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        (record,) = killed_runs(instance)
        assert record.dagster_run.status == DagsterRunStatus.STARTED
        with build_sensor_context(instance=instance, definitions=clock.definitions) as context:
            told = clock.definitions.get_repository_def().get_sensor_def("killed_runs").evaluate_tick(context)
        assert record.dagster_run.run_id[:8] in (told.skip_message or "")
        found = instance.get_run_by_id(record.dagster_run.run_id)
        assert found is not None and found.status == DagsterRunStatus.FAILURE
        assert killed_runs(instance) == ()
        assert clock.run("everything", partition=clock.today).success
    straight.run()
    assert differences(shop, straight) == []


def _builds(shop: Shop) -> bool:
    log = shop.settings.state_dir / "dbt/logs/dbt.log"
    return log.is_file() and "OK created sql" in log.read_text(encoding="utf-8", errors="replace")


def _until(there: Any, process: subprocess.Popen[bytes]) -> None:
    """Waits for a state of another process, which must come to it before it ends."""
    while not there():
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.05)


def test_a_message_says_what_it_is() -> None:
    assert Message("failed", "t", ("a", "b"), since="s", mend="m").text == "a\nb\n\nSince: s\n\nTo mend it: m"
