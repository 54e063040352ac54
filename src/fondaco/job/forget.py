"""A person asks to be forgotten: found wherever the house keeps her, and erased there; what is counted and summed stays.

What is done, in an order in which a second run finishes what a killed one began: her keyed hashes go on the list, so that nothing of her
comes in any more; words of hers leave the texts; the files of the lake are written anew; the warehouse is built anew as a file of its
own; the server that people ask gets the new rows and lets go of the old ones; a proof is written.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fondaco.errors import UsageError
from fondaco.job.erasing import Erasing, Erasure
from fondaco.job.lock import only_run
from fondaco.job.look import existing_lake
from fondaco.job.secret import keys_of

if TYPE_CHECKING:
    from fondaco.lake import Lake
    from fondaco.lake.erasure import Holder
    from fondaco.lake.forgotten import Keys, Request
    from fondaco.lake.person import Person
    from fondaco.settings import Settings


@dataclass(kw_only=True)
class Forgetting(Erasing):
    """What was, or would be, done about one request.

    Attributes:
        request: the request's name.
        again: whether the request was made before: then this run finished it, or found nothing left.
    """

    request: str
    again: bool
    accounts: int
    emails: int


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
        self._steps = Erasure(settings, lake, on_step)
        self._list = forgotten.read(lake.store)
        if self._list.number:
            forgotten.checked(self._list, keys, lake.store.url(""))

    def foreseen(self, named: Sequence[str]) -> Forgetting:
        """What would be done."""
        from fondaco.lake import erasure, redaction

        holders, person, request, told = self._told(named, dry_run=True)
        told.tables = [done for done in erasure.erase(self._lake, holders, request.tokens, self._keys, dry_run=True) if not done.is_empty()]
        if not told.tables and not told.again:
            raise _unknown()
        words = self._words(holders, person, request)
        told.not_ours += self._steps.copies_of_others(words)
        told.texts = redaction.redact(self._lake.store, words, dry_run=True) + self._steps.texts(words, dry_run=True)
        told.warehouse = self._settings.warehouse.path.is_file()
        told.known = [str(path) for path in self._steps.known()]
        told.served = self._steps.is_served()
        return told

    def done(self, named: Sequence[str]) -> Forgetting:
        from fondaco.lake import erasure, forgotten, redaction

        self._steps.check_server()
        holders, person, request, told = self._told(named, dry_run=False)
        with self._lake.audit.record("forget", {"request": request.id, **({"source": self._source} if self._source else {})}) as doing:
            before = self._steps.totals(told)
            with self._lake.writer():
                if not told.again and not self._is_there(holders, request):
                    raise _unknown()
                self._on_step("she is put on the list")
                if self._list.of(request.tokens) != [request]:
                    self._list = forgotten.add(self._lake.store, self._list, request, self._keys)
                    self._lake.on_step("listed")
                words = self._words(holders, person, request)
                told.not_ours += self._steps.copies_of_others(words)
                told.texts = redaction.redact(self._lake.store, words) + self._steps.texts(words, dry_run=False)
                self._lake.on_step("texts")
                for table in erasure.erase(self._lake, holders, request.tokens, self._keys):
                    self._on_step(f"{table.source}.{table.table}: {table.rows + table.quarantined:,} rows")
                    if not table.is_empty():
                        told.tables.append(table)
            doing.commits += told.commits
            doing.counts |= {"rows": sum(table.rows for table in told.tables), "files": sum(len(table.files) for table in told.tables)}
            self._steps.copies(told)
            self._steps.compared(told, before)
            told.proof = self._steps.proof(told, told.request.rpartition("-")[2])
        return told

    # who

    def _told(self, named: Sequence[str], *, dry_run: bool) -> tuple[list[Holder], Person, Request, Forgetting]:
        from fondaco.lake import erasure, person
        from fondaco.lake.forgotten import Request

        holders = erasure.holders(self._lake, self._steps.systems(), self._source)
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
        told = Forgetting(
            request=request.id,
            at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
            dry_run=dry_run,
            again=bool(earlier),
            accounts=len(found.accounts),
            emails=len(found.emails),
        )
        told.not_ours = list(person.drops(self._lake, holders, tokens, self._keys))
        return holders, found, request, told

    def _tokens(self, named: Sequence[str], holders: Sequence[Holder]) -> list[str]:
        """The hashes of what was named, of every source that may have it."""
        sources = {holder.source for holder in holders}
        emails = [self._keys.token("email", name.lower()) for name in named if "@" in name]
        return emails + [self._keys.token("account", f"{source}|{name}") for source in sources for name in named if "@" not in name]

    def _is_there(self, holders: Sequence[Holder], request: Request) -> bool:
        from fondaco.lake import erasure

        tried = erasure.erase(self._lake, holders, request.tokens, self._keys, dry_run=True)
        return any(not table.is_empty() for table in tried)

    def _words(self, holders: Sequence[Holder], found: Person, request: Request) -> frozenset[str]:
        from fondaco.lake import person

        emails = frozenset(email for email in found.emails if not person.is_pseudonym(email))
        return emails | person.values(self._lake, holders, request.tokens, self._keys)


def _unknown() -> UsageError:
    return UsageError(
        "nothing that we hold tells of that person; nothing was changed",
        hint="name her id or her e-mail as the shop has them, without --source if she may be a customer of another one",
    )
