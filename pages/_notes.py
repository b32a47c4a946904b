"""What people wrote about the question in sight: a note and tags, saved as soon as one leaves the box."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from llmkick_core.errors import ChangedError, LlmkickError
from llmkick_core.fingerprint import digest
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.notes import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, NOTHING, Note, write_note
from pages._text import label


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What was typed and could not be saved."""

    text: str
    """The note."""
    tags: list[str]
    """Tags as they were typed."""
    at: float
    """When the note that it would replace was written."""
    problem: str
    """Why it was not saved."""


def draw(db: Database, sample_set: str, sample_id: str) -> None:
    """Draw the note and the tags of a question as boxes that can be changed."""
    note = queries.notes_of(db, sample_set).get(sample_id, NOTHING)
    key = digest([sample_set, sample_id])[:12]
    text, tags = f"note_{key}", f"tags_{key}"
    draft: Draft | None = st.session_state.get(f"note_draft_{key}")
    # filled when the question comes into sight and where the note changed, no oftener: what is being typed is not taken away
    if st.session_state.get("note_in_sight") != key or text not in st.session_state or tags not in st.session_state:
        fill(key, note if draft is None else draft)
    elif st.session_state[f"note_seen_{key}"] != note.at:
        fill(key, note)
    st.session_state["note_in_sight"] = key
    offered = list(dict.fromkeys([*queries.tags_in_use(db), *note.tags, *st.session_state[tags]]))
    more = {"on_change": save, "args": (db, sample_set, sample_id, key)}
    left, right = st.columns([3, 2])
    left.text_area(
        "Note", key=text, max_chars=LONGEST_NOTE, height=88, placeholder="What happened here? Saved when you leave the box.", **more
    )
    right.multiselect(
        "Tags",
        offered,
        key=tags,
        accept_new_options=True,
        max_selections=MOST_TAGS,
        placeholder="Choose, or type a new one",
        help=f"Short words of at most {LONGEST_TAG} characters, {MOST_TAGS} for a question; More filters finds them.",
        **more,
    )
    if draft is not None:
        st.warning(label(draft.problem, longest=600), title="The note is not saved", icon=":material/warning:")
        st.button("Save mine", key=f"note_again_{key}", on_click=save, args=(db, sample_set, sample_id, key))
    elif note.at:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(note.at))
        st.caption(f"Saved {when}. It stands beside this question in every pair that asks it.")


def fill(key: str, note: Note | Draft) -> None:
    """Put a note into the boxes."""
    st.session_state[f"note_{key}"], st.session_state[f"tags_{key}"] = note.text, list(note.tags)
    st.session_state[f"note_seen_{key}"] = note.at


def save(db: Database, sample_set: str, sample_id: str, key: str) -> None:
    """Save what stands in the boxes, unless somebody else wrote meanwhile; what cannot be saved is kept with the reason."""
    text, tags = st.session_state[f"note_{key}"], list(st.session_state[f"tags_{key}"])
    try:
        fill(key, write_note(db, sample_set, sample_id, text, tags, seen=st.session_state[f"note_seen_{key}"]))
        st.session_state.pop(f"note_draft_{key}", None)
    except LlmkickError as error:
        if isinstance(error, ChangedError):  # the reason shows theirs: to save again is to replace that
            st.session_state[f"note_seen_{key}"] = queries.notes_of(db, sample_set).get(sample_id, NOTHING).at
        at = st.session_state[f"note_seen_{key}"]
        st.session_state[f"note_draft_{key}"] = Draft(text=text, tags=tags, at=at, problem=str(error))
