"""Chance that can be repeated: every draw depends on the shop's seed and on the name of what is drawn, on nothing before it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from random import Random


def rng(seed: int, *names: object) -> Random:
    """A generator of its own for what ``names`` say (a day, an order, a customer); the same names give the same draws."""
    return Random(":".join(map(str, (seed, *names))))


def poisson(random: Random, mean: float) -> int:
    """Number of independent happenings where ``mean`` are expected (Knuth's method, in pieces so that exp() stays exact enough)."""
    count = 0
    while mean > 0:
        piece = min(mean, 20.0)
        mean -= piece
        floor, product = math.exp(-piece), random.random()
        while product > floor:
            count += 1
            product *= random.random()
    return count


@dataclass(frozen=True)
class Deck:
    """Fates dealt without replacement: in every round of all cards each fate comes up exactly as often as it is in the deck.

    Independent draws would leave a small shop without its rare cases. In the first round one card of each kind lies on top.
    """

    name: str
    cards: tuple[str, ...]

    @classmethod
    def of(cls, name: str, counts: Mapping[str, int]) -> Deck:
        """A deck with so many cards of each fate."""
        return cls(name, tuple(card for card, count in counts.items() for _ in range(count)))

    def deal(self, seed: int, number: int) -> str:
        """The card of the ``number``-th draw, counted from 0."""
        turn, position = divmod(number, len(self.cards))
        return _shuffled(self, seed, turn)[position]


@lru_cache(maxsize=32)
def _shuffled(deck: Deck, seed: int, turn: int) -> tuple[str, ...]:
    random = rng(seed, "deck", deck.name, turn)
    top = list(dict.fromkeys(deck.cards)) if turn == 0 else []
    rest = list(deck.cards)
    for card in top:
        rest.remove(card)
    random.shuffle(top)
    random.shuffle(rest)
    return tuple(top + rest)
