"""From a part of a page that is drawn by itself to another view: the whole page has to be drawn then, sidebar and all.

A click inside such a part draws that part alone, whatever it changed in the link. `move` changes the link and remembers that it did; a part that is `followed` has
the page drawn anew for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import streamlit as st

from pages._links import go_to

_MOVED = "has_moved"


def move(**changes: str | None) -> None:
    """Change the link in one step, as `_links.go_to`, and have the whole page drawn for it."""
    go_to(**changes)
    st.session_state[_MOVED] = True


def followed(draw: Callable[..., None]) -> Callable[..., None]:
    """Return a part of a page that leads to other views by `move`."""

    @wraps(draw)
    def drawn(*args: Any, **more: Any) -> None:
        if st.session_state.pop(_MOVED, False):
            st.rerun()
        draw(*args, **more)

    return drawn
