"""What Streamlit runs, anew for each click: who looks, at which page, in which view."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image

from fondaco.dashboards.app.draw import draw, strip
from fondaco.dashboards.app.filters import filter_row, view_here
from fondaco.dashboards.app.glossary import glossary
from fondaco.dashboards.app.house import House
from fondaco.dashboards.app.login import viewer_name, who_looks
from fondaco.dashboards.app.states import no_page
from fondaco.dashboards.looks import DARK, LIGHT
from fondaco.dashboards.pages import PAGES, TITLES
from fondaco.dashboards.trust import trust_of
from fondaco.settings import load_settings

_ICONS = {
    "overview": "dashboard", "sales": "payments", "customers": "group", "products": "inventory_2", "resellers": "storefront",
    "delivery": "local_shipping", "payments": "credit_card", "coupons": "sell", "health": "monitor_heart", "glossary": "menu_book",
}  # fmt: skip


def main() -> None:
    """One run."""
    st.set_page_config(page_title="fondaco", page_icon=_icon(), layout="wide")
    try:
        house = _house(*_told(sys.argv[1:]))
        user = viewer_name(house)
    except Exception as error:  # noqa: BLE001 - whatever it is, a reader sees a page and no traceback
        no_page(error)
        return
    if user is None:
        return
    pages: dict[str, Any] = {}
    for name, title in TITLES.items():
        show = partial(_glossary, house) if name == "glossary" else partial(_show, house, user, name, pages)
        pages[name] = st.Page(
            show, title=title, url_path=name if name != "overview" else "", icon=f":material/{_ICONS[name]}:", default=name == "overview"
        )
    chosen = st.navigation(list(pages.values()))
    who_looks(house, user)
    chosen.run()


def _show(house: House, user: str, name: str, pages: dict[str, Any]) -> None:
    try:
        st.title(TITLES[name], anchor=False)
        question = st.empty()
        viewer = house.viewer(user)
        choices = viewer.choices()
        view = view_here(choices)
        strip(trust_of(house.settings, viewer, datetime.now(UTC)))
        filter_row(view, choices)
        with st.spinner("Asking …"):
            page = PAGES[name](viewer, view)
        question.caption(page.question)
        draw(page, viewer, DARK if st.context.theme.type == "dark" else LIGHT, pages["glossary"])
    except Exception as error:  # noqa: BLE001 - as above
        no_page(error)


def _glossary(house: House) -> None:
    st.title(TITLES["glossary"], anchor=False)
    try:
        glossary(house.catalogue)
    except Exception as error:  # noqa: BLE001 - as above
        no_page(error)


@st.cache_resource(show_spinner=False)
def _icon() -> Any:
    """Three bars; one of Streamlit's own would be fetched from elsewhere."""
    icon = Image.new("RGB", (32, 32), "#1f5fbf")
    for place, high in enumerate((8, 14, 20)):
        icon.paste("#ffffff", (6 + 7 * place, 26 - high, 11 + 7 * place, 26))
    return icon


@st.cache_resource(show_spinner=False)
def _house(config: str | None, target: str | None) -> House:
    return House(load_settings(Path(config) if config else None, target))


def _told(words: list[str]) -> tuple[str | None, str | None]:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config")
    parser.add_argument("--target")
    found = parser.parse_args(words)
    return found.config, found.target


if __name__ == "__main__":
    main()
