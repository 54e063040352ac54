"""What stands there when there is no page: what is the matter and what to do, in plain words; details go to the log."""

from __future__ import annotations

import logging
import uuid

import streamlit as st

from fondaco.errors import FondacoError, ServeError

_LOG = logging.getLogger("fondaco.dashboard")


def no_page(error: Exception) -> None:
    """In place of a page."""
    if isinstance(error, ServeError):
        _LOG.warning("the server: %s", error)
        _say("The numbers cannot be asked for just now", f"{_sentence(error.message)} {_sentence(error.hint or '')}", "warning")
        st.button("Try again")
    elif isinstance(error, FondacoError):
        _LOG.warning("refused: %s", error)
        _say(_sentence(error.message).rstrip("."), _sentence(error.hint or ""), "info")
    else:
        code = uuid.uuid4().hex[:8]
        _LOG.error("error %s", code, exc_info=error)
        _say(
            "This page cannot be shown",
            f"Something went wrong here. Tell whoever runs the warehouse this code: {code}; the log says more.",
            "error",
        )
        st.button("Try again")


def _say(title: str, text: str, kind: str) -> None:
    {"warning": st.warning, "info": st.info, "error": st.error}[kind](f"**{title}.** {text}")


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
