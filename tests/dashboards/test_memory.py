"""What one was told is kept for her alone, and while what she may see stays the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fondaco.dashboards.memory import Memory
from fondaco.errors import Refused
from fondaco.warehouse import QueryResult


@dataclass
class Told:
    """A session that counts what it is asked."""

    user: str = "ana"
    engine: Literal["duckdb", "postgres"] = "postgres"
    stands: int = 1
    asked: list[str] = field(default_factory=list)

    def ask(self, sql: str) -> QueryResult:
        if "group by 1 order by 1" in sql or "max(landed_at)" in sql or "member_kind" in sql:
            return QueryResult((), (), ((self.stands,),))
        self.asked.append(sql)
        if sql == "refused":
            raise Refused("no")
        return QueryResult(("user",), ("text",), ((self.user, len(self.asked)),))

    def close(self) -> None: ...


def test_the_same_question_is_asked_once_while_nothing_changes() -> None:
    memory = Memory(Told())
    memory.renew()
    first = memory.ask("select 1")
    memory.renew()
    assert memory.ask("select 1") is first


def test_a_change_of_what_she_sees_makes_everything_asked_anew() -> None:
    told = Told()
    memory = Memory(told)
    memory.renew()
    first = memory.ask("select 1")
    told.stands = 2
    memory.renew()
    assert memory.ask("select 1") != first


def test_two_users_share_no_memory() -> None:
    ana, erin = Memory(Told("ana")), Memory(Told("erin"))
    for memory in (ana, erin):
        memory.renew()
    assert [memory.ask("select 1").rows[0][0] for memory in (erin, ana, erin, ana)] == ["erin", "ana", "erin", "ana"]


def test_a_refusal_is_not_remembered() -> None:
    told = Told()
    memory = Memory(told)
    memory.renew()
    for _ in range(2):
        try:
            memory.ask("refused")
        except Refused:
            continue
    assert told.asked == ["refused", "refused"]
