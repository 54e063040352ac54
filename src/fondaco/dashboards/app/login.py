"""Who looks. In production an OpenID provider says so (st.login); in the demo, on this machine alone, one chooses."""

from __future__ import annotations

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from fondaco.dashboards.app.house import House

_WHO = "who"
_SAYS = {"DATA_ENGINEER": "Data engineer", "DATA_SCIENTIST": "Data scientist", "DATA_ANALYST": "Data analyst"}


def viewer_name(house: House) -> str | None:
    """The user of the policy who looks; None where nobody has logged in, and a page to do so stands there."""
    if house.settings.demo:
        return _chosen(house)
    if not _has_provider():
        st.warning(
            "**Nobody can log in here yet.** Name your OpenID provider below [auth] in .streamlit/secrets.toml, and who is who below "
            'dashboard: people: in fondaco.yml; the guide "Show the numbers" says how.'
        )
        return None
    if not st.user.is_logged_in:
        st.title("Log in")
        st.button("Log in", on_click=st.login, type="primary")
        return None
    return _known(house, str(st.user.get("email") or ""), verified=st.user.get("email_verified") is not False)


def _known(house: House, email: str, *, verified: bool) -> str | None:
    people = {address.lower(): user for address, user in house.settings.dashboard.people.items()}
    user = people.get(email.lower()) if verified else None
    if user is None or user not in dict(house.plan().users):
        st.info(
            f"**{email or 'You'} may not look here yet.** Ask whoever runs the warehouse to add you to dashboard: people: in fondaco.yml."
        )
        st.button("Log out", on_click=st.logout)
        return None
    return user


def who_looks(house: House, user: str) -> None:
    """Name and role beside the menu, and the way out."""
    with st.sidebar:
        st.caption(f"{user} · {_role(house, user)} · {_sees(house, user)}")
        st.button("Log out", on_click=_leave if house.settings.demo else st.logout, key="leave")


def _chosen(house: House) -> str | None:
    plan = house.plan()
    order = [role for role, _ in plan.roles]
    users = dict(sorted(plan.users, key=lambda one: (order.index(one[1]), one[0])))
    found = st.session_state.get(_WHO)
    if found in users:
        return str(found)
    st.title("Who looks?")
    st.write("This is a demonstration: everybody on this machine may log in as anybody. Each sees what the policy gives, and nothing else.")
    for place, user in enumerate(users):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{user}**, {_role(house, user)} · sees {_sees(house, user)}")
            st.space("stretch")
            st.button(f"Look as {user}", key=f"as_{user}", on_click=_enter, args=(user,), type="primary" if place == 0 else "secondary")
    return None


def _enter(user: str) -> None:
    st.session_state[_WHO] = user


def _leave() -> None:
    st.session_state.pop(_WHO, None)


def _role(house: House, user: str) -> str:
    role = house.plan().role(user)
    return _SAYS.get(role, role)


def _sees(house: House, user: str) -> str:
    plan = house.plan()
    return "all countries" if plan.all_rows(plan.role(user)) else ", ".join(sorted(plan.countries(user))) or "no country"


def _has_provider() -> bool:
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False
