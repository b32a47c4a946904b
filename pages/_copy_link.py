"""A button that copies the address of the view, the question in sight included, with one click."""

from __future__ import annotations

import streamlit as st

_HTML = """<button type="button"><svg viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round">
<path d="M10 14a4.5 4.5 0 0 0 6.4 0l3-3a4.5 4.5 0 0 0-6.4-6.4l-1.2 1.2"/><path d="M14 10a4.5 4.5 0 0 0-6.4 0l-3 3a4.5 4.5 0 0 0 6.4 6.4l1.2-1.2"/></svg> <span id="said">Copy link</span></button><input readonly hidden aria-label="Link to this view">"""

_CSS = """
button {font: inherit; font-size: .875rem; line-height: 1.6; color: var(--st-text-color); background: var(--st-background-color); cursor: pointer; white-space: nowrap;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: .4rem .75rem; min-height: 2.5rem;}
svg {vertical-align: -3px; margin-right: .3rem;}
button:hover, button:focus-visible {border-color: var(--st-primary-color); color: var(--st-primary-color);}
input {font: inherit; font-size: .875rem; width: 100%; margin-top: .4rem; color: inherit; background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: .3rem .5rem;}
"""

_JS = """
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button"), said = parentElement.querySelector("#said"), box = parentElement.querySelector("input");
  button.onclick = async () => {
    const link = new URL(window.location.href);
    if (data.q !== null) link.searchParams.set("q", data.q);
    try {
      await navigator.clipboard.writeText(link.href);
      said.textContent = "Copied";
      setTimeout(() => { said.textContent = "Copy link"; }, 1600);
    } catch {  // a browser that lets no page write to the clipboard
      box.hidden = false;
      box.value = link.href;
      box.select();
    }
  };
}
"""

_COMPONENT = st.components.v2.component("copy_link", html=_HTML, css=_CSS, js=_JS)


def copy_link(q: str | None) -> None:
    """Draw the button; `q` is the question in sight, which the address may not name yet."""
    _COMPONENT(data={"q": q}, key="copy_link", width="content")
