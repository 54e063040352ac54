"""What one user was told, kept while what she may see stays the same. A memory belongs to one user's session; there is none that two share."""

from __future__ import annotations

import threading
from collections import OrderedDict

from fondaco.errors import Refused
from fondaco.governance.session import Session
from fondaco.warehouse import QueryResult

#: Answers that are kept of one user, and rows above which one is not.
_KEPT, _LONG = 600, 5_000
#: What the server says that she sees now, in a few numbers: another country of hers, a day more or a new build are another answer.
_STANDS = (
    "select country, count(*), max(business_date), sum(net_revenue), sum(orders_booked), sum(units) from gold.daily_sales group by 1 order by 1",
    "select max(landed_at), sum(rows_landed), count(*) from gold.data_health",
    "select count(*), max(member_kind), sum(net_revenue) from gold.customers",
)


class Memory:
    """Remembers the answers of a session; may be used by several threads at once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._stands: object = None
        self._answers: OrderedDict[str, QueryResult] = OrderedDict()
        self._lock = threading.Lock()

    def renew(self) -> None:
        """Forgets everything if what she sees is not what it was. Raises ServeError if the server does not answer."""
        stands = tuple(self._standing(sql) for sql in _STANDS)
        with self._lock:
            if stands != self._stands:
                self._stands = stands
                self._answers.clear()

    def ask(self, sql: str) -> QueryResult:
        """The answer, asked or remembered. What is refused is not remembered. Raises as ``Session.ask``."""
        with self._lock:
            if sql in self._answers:
                self._answers.move_to_end(sql)
                return self._answers[sql]
            stands = self._stands
        found = self.session.ask(sql)
        with self._lock:
            # what was asked before a change is of before
            if stands is self._stands and len(found.rows) <= _LONG:
                self._answers[sql] = found
                if len(self._answers) > _KEPT:
                    self._answers.popitem(last=False)
        return found

    def _standing(self, sql: str) -> object:
        try:
            return self.session.ask(sql).rows
        except Refused as error:
            return error.message
