"""Links of a table that stay on the page: a click on `<a data-pick="...">` tells the script what was picked, instead of loading the app anew.

Opened in a new tab, such a link is an ordinary one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

_SCRIPT = """
export default function ({ data, parentElement, setTriggerValue }) {
  const pick = (event) => {
    const link = event.target.closest ? event.target.closest("a[data-pick]") : null;
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const shows = document.querySelector(data.shows);
    const column = shows && shows.closest("[data-testid=stColumn]");
    if (column) column.scrollTop = 0;
    if (shows && innerWidth <= 640) shows.scrollIntoView({ behavior: "smooth" });  // it stands below the table there
    setTriggerValue("picked", link.dataset.pick);
  };
  if (parentElement.kickPick) document.removeEventListener("click", parentElement.kickPick);
  parentElement.kickPick = pick;
  document.addEventListener("click", pick);
  return () => document.removeEventListener("click", pick);
}
"""
"""A constant: nothing that a model or a person wrote becomes part of it."""


@cache
def _component() -> Any:
    return st.components.v2.component("kick_picking", js=_SCRIPT)


def on_pick(call: Callable[[str], None], *, key: str, shows: str) -> None:
    """Have `call` told what was picked, before the part of the page that this stands in is drawn again.

    Args:
        call: takes what stands in `data-pick`.
        key: of this component.
        shows: CSS selector of what shows the picked thing; a narrow screen scrolls to it.
    """

    def picked() -> None:
        word = st.session_state[key].get("picked")
        if isinstance(word, str):
            call(word)

    _component()(key=key, data={"shows": shows}, on_picked_change=picked, height=1)
