"""A view stands in an address; what an old link asks for and there is not is said."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from fondaco.dashboards.view import Choices, view_of

CHOICES = Choices(
    date(2024, 1, 1), date(2025, 7, 2), 0, {"country": ("AT", "DE", "O'Neill"), "channel": ("app", "web"), "category": ("Audio",)}
)


def test_an_empty_address_is_the_last_28_days_of_everything() -> None:
    view = view_of({}, CHOICES)
    assert (view.period.days, view.comparison, view.query(), view.where(["country"]), view.ignored) == (28, "before", {}, None, ())


def test_an_old_link_is_told_and_does_no_harm() -> None:
    view = view_of({"period": "400d", "compare": "never", "country": "DE,XX", "channel": "fax"}, CHOICES)
    assert view.ignored == ("the period '400d'", "the comparison 'never'", "the country 'XX'", "the channel 'fax'")
    assert (view.country, view.channel, view.named) == (("DE",), (), "28d")


def test_a_value_with_a_quote_stays_a_value() -> None:
    view = view_of({"country": "O'Neill"}, CHOICES)
    assert view.where(["country"]) == "country in ('O''Neill')"
    assert view.clause(day="d", country="c") == "where d between date '2025-06-05' and date '2025-07-02' and c in ('O''Neill')"


def test_a_filter_that_a_metric_does_not_know_is_told() -> None:
    view = view_of({"country": "DE", "category": "Audio"}, CHOICES)
    assert view.beside(["country", "channel"]) == ("category",)


@given(st.dictionaries(st.sampled_from(["period", "compare", "country", "channel", "category", "x"]), st.text(max_size=20)))
def test_whatever_stands_in_an_address_makes_a_view_that_its_own_address_makes_again(query: dict[str, str]) -> None:
    view = view_of(query, CHOICES)
    again = view_of(view.query(), CHOICES)
    assert again.ignored == ()
    assert (again.period, again.comparison, again.country, again.channel) == (view.period, view.comparison, view.country, view.channel)
