"""A person asks to be forgotten: found wherever the house keeps her, and erased there; what is counted and summed stays.

What is done, in an order in which a second run finishes what a killed one began: her keyed hashes go on the list, so that nothing of her
comes in any more; words of hers leave the texts; the files of the lake are written anew; the warehouse is built anew as a file of its
own; the server that people ask gets the new rows and lets go of the old ones; a proof is written.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco.errors import ServeError, UsageError
from fondaco.job.lock import only_run
from fondaco.job.look import existing_lake
from fondaco.job.secret import keys_of

if TYPE_CHECKING:
    from fondaco.contracts import System
    from fondaco.lake import Lake
    from fondaco.lake.erasure import Erased, Holder
    from fondaco.lake.forgotten import Keys, Request
    from fondaco.lake.person import Person
    from fondaco.settings import Settings


@dataclass
class Forgetting:
    """What was, or would be, done. It names nobody.

    Attributes:
        request: the request's name.
        again: whether the request was made before: then this run finished it, or found nothing left.
        tables: by table what was found.
        texts: documents of ours out of which words of hers were taken.
        known: warehouses of earlier days, which are removed.
        warehouse: whether the warehouse is built anew; `failures` names what failed in that build.
        served: whether the server that people ask got the new rows.
        totals: how many totals of silver and gold were held against those of before; None if they could not be.
        differences: those that are not the same.
        not_ours: files of the shop that hold her, and copies that people have.
        proof: where the proof stands.
    """

    request: str
    at: str
    dry_run: bool
    again: bool
    accounts: int
    emails: int
    tables: list[Erased] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    warehouse: bool = False
    failures: list[str] = field(default_factory=list)
    served: bool = False
    totals: int | None = None
    differences: list[str] = field(default_factory=list)
    not_ours: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    proof: str | None = None

    @property
    def commits(self) -> list[int]:
        return [number for table in self.tables for number in table.commits]

    @property
    def exit_code(self) -> int:
        return 1 if self.failures or self.differences else 0


def forget(
    settings: Settings,
    customers: Sequence[str],
    source: str | None,
    *,
    dry_run: bool = False,
    on_step: Callable[[str], None] = lambda _: None,
    lake: Lake | None = None,
) -> Forgetting:
    """Forgets one person.

    Args:
        customers: her ids or e-mails; of several all are hers.
        source: look only there.
        lake: the lake, if not that of the settings.

    Raises:
        UsageError: nobody is found, or it cannot be told who is meant; nothing was changed.
        LockedError: a run is at work, or somebody writes to the lake.
        LakeError, BuildError, ServeError: a step could not be done; run it again, it goes on from there.
    """
    named = [text.strip() for text in customers]
    if not all(named):
        raise UsageError("--customer is empty", hint="name her id or her e-mail, as the shop has them")
    if source is not None and source not in settings.sources:
        from fondaco.errors import did_you_mean

        raise UsageError(
            f"fondaco.yml has no source {source!r}{did_you_mean(source, settings.sources)}", hint=f"sources: {', '.join(settings.sources)}"
        )
    with only_run(settings.state_dir):
        found = lake or existing_lake(settings)
        if found is None or found.head() == 0:
            raise UsageError("nothing has landed yet", hint="there is nobody to forget")
        work = _Work(settings, found, keys_of(settings), source, on_step)
        return work.foreseen(named) if dry_run else work.done(named)


class _Work:
    """One request under the lock of runs."""

    def __init__(self, settings: Settings, lake: Lake, keys: Keys, source: str | None, on_step: Callable[[str], None]) -> None:
        from fondaco.lake import forgotten

        self._settings, self._lake, self._keys, self._source, self._on_step = settings, lake, keys, source, on_step
        self._list = forgotten.read(lake.store)
        if self._list.number:
            forgotten.checked(self._list, keys, lake.store.url(""))

    def foreseen(self, named: Sequence[str]) -> Forgetting:
        """What would be done."""
        from fondaco.lake import erasure, redaction
        from fondaco.lake.persons import Extent

        holders, person, request, told = self._told(named, dry_run=True)
        told.tables = [
            done
            for done in erasure.erase(self._lake, holders, request.tokens, self._keys, Extent(domains=self._keys.domains), dry_run=True)
            if not done.is_empty()
        ]
        if not told.tables and not told.again:
            raise _unknown()
        words = self._words(holders, person, request)
        told.texts = redaction.redact(self._lake.store, words, dry_run=True) + self._texts(words, dry_run=True)
        told.warehouse = self._settings.warehouse.path.is_file()
        told.known = [str(path) for path in self._known()]
        told.served = self._is_served()
        return told

    def done(self, named: Sequence[str]) -> Forgetting:
        from fondaco.lake import erasure, forgotten, redaction
        from fondaco.lake.persons import Extent
        from fondaco.warehouse.totals import differences

        self._check_server()
        holders, person, request, told = self._told(named, dry_run=False)
        with self._lake.audit.record("forget", {"request": request.id, **({"source": self._source} if self._source else {})}) as doing:
            before = self._totals(told)
            with self._lake.writer():
                if not told.again and not self._is_there(holders, request):
                    raise _unknown()
                self._on_step("she is put on the list")
                if self._list.of(request.tokens) != [request]:
                    self._list = forgotten.add(self._lake.store, self._list, request, self._keys)
                    self._lake.on_step("listed")
                words = self._words(holders, person, request)
                told.texts = redaction.redact(self._lake.store, words) + self._texts(words, dry_run=False)
                self._lake.on_step("texts")
                for table in erasure.erase(self._lake, holders, request.tokens, self._keys, Extent(domains=self._keys.domains)):
                    self._on_step(f"{table.source}.{table.table}: {table.rows + table.quarantined:,} rows")
                    if not table.is_empty():
                        told.tables.append(table)
            doing.commits += told.commits
            doing.counts |= {"rows": sum(table.rows for table in told.tables), "files": sum(len(table.files) for table in told.tables)}
            self._copies(told)
            if before is not None and told.warehouse:
                after = self._totals(told) or {}
                told.totals = sum(len(sums) for sums in before.values())
                told.differences = list(differences(before, after))
            told.proof = self._proof(told)
        return told

    # who

    def _told(self, named: Sequence[str], *, dry_run: bool) -> tuple[list[Holder], Person, Request, Forgetting]:
        from fondaco.lake import erasure, person
        from fondaco.lake.forgotten import Request

        holders = erasure.holders(self._lake, self._systems(), self._source)
        earlier = self._list.of(self._tokens(named, holders))
        try:
            found = person.find(self._lake, holders, named)
        except UsageError:
            if not earlier:
                raise
            found = person.Person(frozenset(), frozenset())
        tokens = found.tokens(self._keys) | frozenset(token for request in earlier for token in request.tokens)
        now = datetime.now(UTC)
        name = earlier[0].id if len(earlier) == 1 else f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        request = Request(name, earlier[0].at if len(earlier) == 1 else f"{now:%Y-%m-%dT%H:%M:%SZ}", tokens)
        told = Forgetting(request.id, f"{now:%Y-%m-%dT%H:%M:%SZ}", dry_run, bool(earlier), len(found.accounts), len(found.emails))
        told.not_ours = list(person.drops(self._lake, holders, tokens, self._keys)) + self._extracts()
        return holders, found, request, told

    def _tokens(self, named: Sequence[str], holders: Sequence[Holder]) -> list[str]:
        """The hashes of what was named, of every source that may have it."""
        sources = {holder.source for holder in holders}
        emails = [self._keys.token("email", name.lower()) for name in named if "@" in name]
        return emails + [self._keys.token("account", f"{source}|{name}") for source in sources for name in named if "@" not in name]

    def _systems(self) -> dict[str, System]:
        from fondaco.contracts import load_system

        names = {commit.system for commit in self._lake.live().commits}
        return {name: load_system(self._settings.house / "systems", name) for name in sorted(names)}

    def _is_there(self, holders: Sequence[Holder], request: Request) -> bool:
        from fondaco.lake import erasure
        from fondaco.lake.persons import Extent

        tried = erasure.erase(self._lake, holders, request.tokens, self._keys, Extent(domains=self._keys.domains), dry_run=True)
        return any(not table.is_empty() for table in tried)

    # texts

    def _words(self, holders: Sequence[Holder], found: Person, request: Request) -> frozenset[str]:
        from fondaco.lake import person

        emails = frozenset(email for email in found.emails if not person.is_pseudonym(email))
        return emails | person.values(self._lake, holders, request.tokens, self._keys)

    def _texts(self, words: frozenset[str], *, dry_run: bool) -> list[str]:
        """Files of this folder's own, outside the lake, that say a word of hers: logs and what was left of calls. Names them."""
        found = list[str]()
        own = [path for pattern in ("*.jsonl", "*.log", "*.log.*", "*.txt") for path in self._settings.state_dir.rglob(pattern)]
        served = self._settings.serve_dir / "data" / "log"
        own += [path for path in served.glob("*") if path.is_file()] if served.is_dir() else []
        for path in sorted(set(own)):
            if blotted(path, words, dry_run=dry_run):
                found.append(str(path))
        return found

    # copies of what the lake holds

    def _known(self) -> list[Path]:
        return sorted((self._settings.state_dir / "known").glob("*.duckdb*"))

    def _extracts(self) -> list[str]:
        from fondaco.governance.extract import extracts

        return [f"extract of {one.user}, made {one.at}: {one.path}" for one in extracts(self._settings) if Path(one.path).exists()]

    def _totals(self, told: Forgetting) -> Any:
        """Rows and sums of silver and gold; None if there is no warehouse, or it does not hold what the lake does."""
        from fondaco.warehouse import needs_build
        from fondaco.warehouse.totals import totals

        if not self._settings.warehouse.path.is_file():
            return None
        if needs_build(self._settings, self._lake) is not None and not told.warehouse:
            told.notes.append("the warehouse was behind the lake, so its totals of before and after were not compared")
            return None
        return totals(self._settings)

    def _copies(self, told: Forgetting) -> None:
        """Makes the warehouse and what is served anew, unless they were made of the lake as it is now."""
        from fondaco.warehouse import build_anew, tells_of_forgotten

        told.known = [str(path) for path in self._known()]
        for path in self._known():
            path.unlink()
        self._lake.on_step("known")
        if tells_of_forgotten(self._settings, self._lake):
            self._on_step("the warehouse is built anew")
            report = build_anew(self._settings, self._lake, on_step=self._on_step)
            told.warehouse = True
            told.failures = [f"{failure.node}: {failure.message}" for failure in report.failures]
            self._lake.on_step("warehouse")
        if self._is_served():
            from fondaco.governance.erasure import let_go
            from fondaco.governance.serving import refresh

            refresh(self._settings, on_step=self._on_step)
            let_go(self._settings)
            told.served = True
            self._lake.on_step("served")

    def _is_served(self) -> bool:
        from fondaco.governance.admin import is_served

        return is_served(self._settings)

    def _check_server(self) -> None:
        if not self._is_served() and (self._settings.serve_dir / "data" / "PG_VERSION").is_file():
            raise ServeError(
                "the server that people ask does not run, and its files may hold her; nothing was changed",
                where=str(self._settings.serve_dir),
                hint="start it with: fondaco serve; or remove its folder if it is not needed",
            )

    def _proof(self, told: Forgetting) -> str:
        """Writes what was done into the lake: where, when, how many, and checksums. Nothing in it tells of her."""
        from fondaco.lake import layout

        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{told.request.rpartition('-')[2]}"
        path = layout.proof_path(name)
        self._lake.store.create(path, json.dumps({"format": 1, **asdict(told)}, ensure_ascii=False, indent=1).encode() + b"\n")
        self._lake.on_step("proof")
        return self._lake.url(path)


def blotted(path: Path, words: frozenset[str], *, dry_run: bool) -> bool:
    """Writes x over the words in a file, in place and at their length: its writer may have it open. Whether there were any."""
    if not words:
        return False
    with path.open("rb" if dry_run else "rb+") as file:
        data = file.read()
        lower, found = data.lower(), False
        for word in words:
            for form in {word.lower().encode(), json.dumps(word.lower())[1:-1].encode()}:
                at = lower.find(form)
                while at >= 0:
                    found = True
                    if not dry_run:
                        file.seek(at)
                        file.write(b"x" * len(form))
                    at = lower.find(form, at + len(form))
    return found


def _unknown() -> UsageError:
    return UsageError(
        "nothing that we hold tells of that person; nothing was changed",
        hint="name her id or her e-mail as the shop has them, without --source if she may be a customer of another one",
    )
