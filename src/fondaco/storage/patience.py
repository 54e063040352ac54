"""How long a busy store is asked again: each pause may be twice as long as the one before, drawn by chance, up to a limit in time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Patience:
    """Seconds.

    Attributes:
        first: the longest pause before a request is repeated for the first time.
        most: the longest pause of all.
        limit: after which nothing is repeated any more.
        silence: for which a store may say nothing on a connection.
    """

    first: float = 0.2
    most: float = 15.0
    limit: float = 180.0
    silence: float = 60.0

    def attempts(self) -> Iterator[int]:
        """1, 2, 3 … with a pause before each but the first; ends when the limit is reached."""
        begun, number = time.monotonic(), 1
        yield number
        while True:
            # chance spreads many callers who were turned away at the same moment
            pause = random.uniform(self.first / 4, min(self.most, self.first * 2 ** (number - 1)))
            if time.monotonic() + pause - begun > self.limit:
                return
            time.sleep(pause)
            number += 1
            yield number

    def of_parts(self) -> dict[str, object]:
        """The same for the parts of an upload, which obstore repeats by itself."""
        backoff = {"init_backoff": timedelta(seconds=self.first), "max_backoff": timedelta(seconds=self.most), "base": 2}
        return {"max_retries": 10, "retry_timeout": timedelta(seconds=self.limit), "backoff": backoff}


PATIENCE = Patience()
