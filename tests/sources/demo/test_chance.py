from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from fondaco.sources.demo.chance import Deck, poisson, rng

DECK = Deck.of("example", {"often": 17, "seldom": 2, "once": 1})


def test_the_same_names_draw_the_same() -> None:
    assert rng(1, "order", 5).random() == rng(1, "order", 5).random()
    assert rng(1, "order", 5).random() != rng(1, "order", 6).random()


@given(st.integers(0, 1000), st.integers(0, 20))
def test_every_round_of_a_deck_deals_each_card_as_often_as_it_is_there(seed: int, turn: int) -> None:
    dealt = Counter(DECK.deal(seed, turn * 20 + place) for place in range(20))
    assert dealt == {"often": 17, "seldom": 2, "once": 1}


@given(st.integers(0, 1000))
def test_the_first_cards_are_one_of_each_kind(seed: int) -> None:
    assert {DECK.deal(seed, place) for place in range(3)} == {"often", "seldom", "once"}


def test_happenings_come_as_often_as_expected() -> None:
    random = Random(3)
    drawn = [poisson(random, 55.5) for _ in range(4000)]
    assert abs(sum(drawn) / len(drawn) - 55.5) < 0.5
    assert poisson(random, 0.0) == 0
