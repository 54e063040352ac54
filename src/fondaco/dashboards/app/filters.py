"""Period, comparison and filters: one row on top of each page, and the same in the address, so that a view can be sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from fondaco.dashboards.period import COMPARISONS, DEFAULT, NAMED
from fondaco.dashboards.view import FILTERS, Choices, View, view_of

_QUERY = "query"
_OWN = "own"


def view_here(choices: Choices) -> View:
    """The view of the address; another page keeps it."""
    told = {name: value for name, value in st.query_params.to_dict().items() if name in (*FILTERS, "period", "compare")}
    if told:
        st.session_state[_QUERY] = told
    elif kept := st.session_state.get(_QUERY):
        st.query_params.from_dict({**st.query_params.to_dict(), **kept})
        told = kept
    return view_of(told, choices)


def filter_row(view: View, choices: Choices) -> None:
    """The row; a change stands in the address at once."""
    own = view.named not in NAMED
    values = {
        "f_period": _OWN if own or st.session_state.get("f_own") else view.named,
        "f_compare": view.comparison,
        **{f"f_{name}": list(view.values(name)) for name in FILTERS},
    }
    for key, value in values.items():
        # the address says what is chosen, also after it was typed or another page was opened
        st.session_state[key] = value
    st.session_state["f_days"] = (view.period.since, view.period.until)
    period, compare, *filters = st.columns([1.3, 1.3, 1.2, 1.1, 1.1])
    period.selectbox(
        "Period", [*NAMED, _OWN], format_func=lambda name: NAMED.get(name, "Days of your choice"), key="f_period", on_change=_changed
    )
    compare.selectbox(
        "Compared with", list(COMPARISONS), format_func=lambda name: COMPARISONS[name].capitalize(), key="f_compare", on_change=_changed
    )
    for column, name in zip(filters, FILTERS, strict=True):
        label = {"country": "Country", "channel": "Channel", "category": "Category"}[name]
        column.multiselect(label, choices.values.get(name, ()), key=f"f_{name}", placeholder="All", on_change=_changed)
    if values["f_period"] == _OWN:
        last = choices.last_day
        st.date_input("Days", min_value=choices.first_day, max_value=last + timedelta(days=1), key="f_days", on_change=_changed)
    if view.ignored:
        st.warning(f"Left out, because there is no such thing for you: {', '.join(view.ignored)}.")
    if view.query():
        st.button("Clear", on_click=_clear, key="clear", type="tertiary", help="The last 28 days of everything, beside the 28 before")


def _changed() -> None:
    state = st.session_state
    told: dict[str, str] = {}
    state["f_own"] = state["f_period"] == _OWN
    if state["f_own"]:
        days: tuple[Any, ...] = tuple(state.get("f_days") or ())
        if len(days) == 2:
            told["period"] = f"{days[0]}..{days[1]}"
    elif state["f_period"] != DEFAULT:
        told["period"] = state["f_period"]
    if state["f_compare"] != "before":
        told["compare"] = state["f_compare"]
    told |= {name: ",".join(state[f"f_{name}"]) for name in FILTERS if state[f"f_{name}"]}
    state[_QUERY] = told
    st.query_params.from_dict(told)


def _clear() -> None:
    st.session_state[_QUERY] = {}
    st.session_state["f_own"] = False
    st.query_params.clear()
