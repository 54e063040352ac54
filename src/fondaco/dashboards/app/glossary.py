"""What each figure means, made from the definitions."""

from __future__ import annotations

import streamlit as st

from fondaco.metrics import Catalogue, Metric

_GOOD = {"up": "up is good", "down": "down is good", "neither": "neither way is good"}


def glossary(catalogue: Catalogue) -> None:
    """All definitions; the one that a link asks for first."""
    asked = st.query_params.get("metric", "")
    if asked and asked in catalogue.metrics:
        with st.container(border=True):
            _metric(catalogue.metric(asked))
    elif asked:
        st.warning(f"There is no figure {asked!r} any more. Search for it below.")
    wanted = st.text_input("Search", placeholder="a name, or a word of its meaning", key="glossary_search").lower()
    metrics = sorted(catalogue.metrics.values(), key=lambda metric: (metric.owner, metric.label))
    found = [metric for metric in metrics if wanted in f"{metric.name} {metric.label} {metric.formula} {metric.caveat}".lower()]
    if not found:
        st.info("No figure has that in its name or its meaning.")
    owner = None
    for metric in found:
        if metric.owner != owner:
            owner = metric.owner
            st.subheader(owner.capitalize(), anchor=False)
        _metric(metric)


def _metric(metric: Metric) -> None:
    from fondaco.dashboards.app.draw import plain_markdown

    needs = f" Not here: it needs {metric.needs}." if metric.needs else ""
    st.markdown(
        f"**{metric.label}** `{metric.name}`  \n{plain_markdown(metric.formula)} {plain_markdown(metric.caveat)}{plain_markdown(needs)}"
    )
    by = ", ".join(dimension.name for dimension in metric.dimensions if "__" not in dimension.name)
    st.caption(
        f"{metric.unit} · {_GOOD.get(metric.good, metric.good)} · counts on: {metric.time.replace('_', ' ')} · by: {plain_markdown(by)}"
    )
