"""What is too old is erased: of people who were not seen for longer than policy/retention.yml lets a classification be kept.

It is done as a person is forgotten, and in that order: hashes on the list, words out of texts, files of the lake, warehouse, server,
proof. Rows, times, amounts and every other column stay. Each step says of whom by the list alone, so a second run finishes a killed one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from fondaco.errors import UsageError
from fondaco.job.erasing import Erasing, Erasure
from fondaco.job.lock import only_run
from fondaco.job.look import existing_lake
from fondaco.job.secret import keys_of

if TYPE_CHECKING:
    from fondaco.governance.retention import Retention
    from fondaco.lake import Lake
    from fondaco.lake.erasure import Holder
    from fondaco.lake.forgotten import Expired, Forgotten, Keys
    from fondaco.settings import Settings

ACTION = "forget expired"


@dataclass(frozen=True)
class Rule:
    """Classifications that are kept for one time.

    Attributes:
        period: in words, as ``3 years``.
        before: who was last seen before this time (ISO 8601, UTC) is kept no longer.
        people: how many accounts, and e-mails without one, came to be too old since the last call.
        rows: rows of the lake and of the quarantine that told more than may be kept.
    """

    classes: tuple[str, ...]
    period: str
    before: str
    people: int
    rows: int


@dataclass(kw_only=True)
class Expiring(Erasing):
    """What was, or would be, done."""

    name: str
    rules: list[Rule] = field(default_factory=list)


def expire(
    settings: Settings,
    on: date | None = None,
    *,
    dry_run: bool = False,
    on_step: Callable[[str], None] = lambda _: None,
    lake: Lake | None = None,
) -> Expiring:
    """Erases what is too old by the rules of the shop's policy.

    Args:
        on: as of the beginning of this day, UTC; now if it is None. What is too old on a day to come may only be foreseen.
        lake: the lake, if not that of the settings.

    Raises:
        DeclarationError: a rule is none.
        UsageError: there are no rules, or none of this shop's own; nothing was changed.
        LockedError: a run is at work, or somebody writes to the lake.
        LakeError, BuildError, ServeError: a step could not be done; run it again, it goes on from there.
    """
    from fondaco.governance.load import load_policy

    if not settings.demo and settings.policy_dir == settings.house / "policy" and settings.house != settings.root:
        raise UsageError(
            "this shop has no policy of its own, so nobody said how long people are kept",
            where=str(settings.root / "policy"),
            hint=f"cp -r {settings.policy_dir} {settings.root / 'policy'}, then say it in policy/retention.yml",
        )
    rules = load_policy(settings.policy_dir).retention
    if not rules:
        raise UsageError(
            "no classification is kept for a time of its own",
            where=str(settings.policy_dir / "retention.yml"),
            hint="say there for how long, as in  retention: {pii.birth_date: 3 years}",
        )
    now = datetime.now(UTC).replace(tzinfo=None)
    then = now if on is None else datetime.combine(on, time())
    if then > now and not dry_run:
        raise UsageError(f"{on} has not come yet, so nothing of it can be erased", hint="--dry-run says what would be too old then")
    with only_run(settings.state_dir):
        found = lake or existing_lake(settings)
        if found is None or found.head() == 0:
            raise UsageError("nothing has landed yet", hint="there is nobody to forget")
        work = _Work(settings, found, keys_of(settings), on_step)
        return work.foreseen(_grouped(rules), then) if dry_run else work.done(_grouped(rules), then)


def _grouped(rules: tuple[Retention, ...]) -> dict[frozenset[str], Retention]:
    """A rule by the classes that are kept as long as its own."""
    return {frozenset(other.classification for other in rules if str(other) == str(rule)): rule for rule in rules}


class _Work:
    """One call under the lock of runs."""

    def __init__(self, settings: Settings, lake: Lake, keys: Keys, on_step: Callable[[str], None]) -> None:
        from fondaco.lake import erasure, forgotten

        self._lake, self._keys, self._on_step = lake, keys, on_step
        self._steps = Erasure(settings, lake, on_step)
        self._list: Forgotten = forgotten.read(lake.store)
        if self._list.number:
            forgotten.checked(self._list, keys, lake.store.url(""))
        self._holders: list[Holder] = erasure.holders(lake, self._steps.systems())

    def foreseen(self, rules: Mapping[frozenset[str], Retention], then: datetime) -> Expiring:
        """What would be done."""
        told = self._told(then, dry_run=True)
        new, people = self._old(rules, then, told)
        self._erase(rules, then, people, told, self._list.with_expired(new, ""), dry_run=True)
        self._words_out(new, told)
        if told.tables:
            told.warehouse = self._steps.settings.warehouse.path.is_file()
            told.known, told.served = [str(path) for path in self._steps.known()], self._steps.is_served()
        return told

    def done(self, rules: Mapping[frozenset[str], Retention], then: datetime) -> Expiring:
        from fondaco.lake import forgotten
        from fondaco.warehouse import tells_of_forgotten

        self._steps.check_server()
        told = self._told(then, dry_run=False)
        last = next((entry for entry in self._lake.audit.entries(200) if entry.action == ACTION), None)
        is_left = last is not None and last.outcome != "done"
        with self._lake.audit.record(ACTION, {"name": told.name}) as doing:
            before = self._steps.totals(told)
            with self._lake.writer():
                new, people = self._old(rules, then, told)
                if new:
                    self._on_step("who was not seen for too long is put on the list")
                    self._list = forgotten.age(self._lake.store, self._list, new, self._keys)
                    self._lake.on_step("listed")
                self._words_out(self._list.expired if is_left else new, told)
                self._lake.on_step("texts")
                self._erase(rules, then, people, told, self._list, dry_run=False)
            doing.commits += told.commits
            doing.counts |= {
                "people": sum(people.values()),
                "rows": sum(table.rows for table in told.tables),
                "files": sum(len(table.files) for table in told.tables),
            }
            if new or told.tables or is_left or tells_of_forgotten(self._steps.settings, self._lake):
                self._steps.copies(told)
                self._steps.compared(told, before)
                told.proof = self._steps.proof(told, told.name.rpartition("-")[2])
        return told

    def _told(self, then: datetime, *, dry_run: bool) -> Expiring:
        now = datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        return Expiring(name=name, at=f"{then:%Y-%m-%dT%H:%M:%SZ}", dry_run=dry_run)

    def _old(
        self, rules: Mapping[frozenset[str], Retention], then: datetime, told: Expiring
    ) -> tuple[list[Expired], dict[frozenset[str], int]]:
        """Who is new on the list, and how many people that is, by classes; classes of which no table has a column are left out."""
        from fondaco.lake import lives

        new: list[Expired] = []
        people: dict[frozenset[str], int] = {}
        with self._lake.reading():
            self._on_step("it is looked when each person was last seen")
            lives.look(self._lake, self._holders, self._keys)
            for classes, rule in rules.items():
                if any(column.classification in classes for holder in self._holders for column in holder.table.columns):
                    found = lives.old(self._lake, rule.before(then), self._list.of_classes(classes))
                    people[classes] = found.people
                    new += [found.expired] if found.expired.before else []
            if ahead := lives.ahead(self._lake, then):
                told.notes.append(f"{ahead:,} accounts and e-mails are of rows with a time that has not come yet, and are kept until then")
        return new, people

    def _erase(
        self,
        rules: Mapping[frozenset[str], Retention],
        then: datetime,
        people: Mapping[frozenset[str], int],
        told: Expiring,
        known: Forgotten,
        *,
        dry_run: bool,
    ) -> None:
        from fondaco.lake import erasure

        rows: dict[frozenset[str], int] = {}
        for expired in known.expired:
            # what was too old by an earlier policy stays erased, and whatever a killed call left is erased now
            for table in erasure.erase(self._lake, self._holders, expired, self._keys, dry_run=dry_run):
                if not table.is_empty():
                    self._on_step(f"{table.source}.{table.table}: {table.rows + table.quarantined:,} rows")
                    told.tables.append(table)
                    rows[expired.classes] = rows.get(expired.classes, 0) + table.rows + table.quarantined
            self._holders = self._holders if dry_run else erasure.holders(self._lake, self._steps.systems())
        told.rules = [
            Rule(tuple(sorted(classes)), str(rule), f"{rule.before(then):%Y-%m-%dT%H:%M:%SZ}", people.get(classes, 0), rows.get(classes, 0))
            for classes, rule in rules.items()
        ]

    def _words_out(self, expired: Iterable[Expired], told: Expiring) -> None:
        """Takes words of theirs out of texts, and tells of the copies that hold one."""
        from fondaco.lake import person, redaction

        words: frozenset[str] = frozenset()
        for one in expired:
            words |= person.values(self._lake, self._holders, one.before.keys(), self._keys, one.classes)
        if words:
            told.not_ours = self._steps.copies_of_others(words)
            told.texts = redaction.redact(self._lake.store, words, dry_run=told.dry_run) + self._steps.texts(words, dry_run=told.dry_run)
