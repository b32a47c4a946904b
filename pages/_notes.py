"""What people wrote about the question in sight: a note and tags, saved as soon as one leaves the box."""

from __future__ import annotations

import time

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.fingerprint import digest
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.notes import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, NOTHING, Note, tag, write_note
from pages._text import label


def draw(db: Database, sample_set: str, sample_id: str) -> None:
    """Draw the note and the tags of a question as boxes that can be changed."""
    note = queries.notes_of(db, sample_set).get(sample_id, NOTHING)
    key = digest([sample_set, sample_id])[:12]
    text, tags, seen = f"note_{key}", f"tags_{key}", f"note_seen_{key}"
    if st.session_state.get(seen) != note.at or text not in st.session_state or tags not in st.session_state:
        fill(key, note)  # only where it changed: what is being typed is not taken away
    offered = list(dict.fromkeys([*queries.tags_in_use(db), *note.tags, *st.session_state[tags]]))
    left, right = st.columns([3, 2])
    more = {"on_change": save, "args": (db, sample_set, sample_id, key)}
    with left:
        st.text_area(
            "Note", key=text, max_chars=LONGEST_NOTE, height=88, placeholder="What happened here? Saved when you leave the box.", **more
        )
    with right:
        st.multiselect(
            "Tags",
            offered,
            key=tags,
            accept_new_options=True,
            max_selections=MOST_TAGS,
            placeholder="Choose, or type a new one",
            help=f"Short words of at most {LONGEST_TAG} characters, {MOST_TAGS} for a question; More filters finds them.",
            **more,
        )
    said(db, sample_set, sample_id, key, note)


def said(db: Database, sample_set: str, sample_id: str, key: str, note: Note) -> None:
    """Draw when the note was saved, or why it was not."""
    problem = st.session_state.get(f"note_problem_{key}")
    if problem:
        st.warning(label(problem, longest=600), title="The note is not saved", icon=":material/warning:")
        st.button("Save mine", key=f"note_again_{key}", on_click=save, args=(db, sample_set, sample_id, key))
    elif note.at:
        st.caption(
            f"Saved {time.strftime('%Y-%m-%d %H:%M', time.localtime(note.at))}. It stands beside this question in every pair that asks it."
        )


def fill(key: str, note: Note) -> None:
    """Put a note into the boxes."""
    st.session_state[f"note_{key}"], st.session_state[f"tags_{key}"] = note.text, list(note.tags)
    st.session_state[f"note_seen_{key}"] = note.at


def save(db: Database, sample_set: str, sample_id: str, key: str) -> None:
    """Save what stands in the boxes, unless somebody else wrote meanwhile; what goes wrong is kept to be shown, and so is what was typed."""
    problem = f"note_problem_{key}"
    now = queries.notes_of(db, sample_set).get(sample_id, NOTHING)
    if now.at != st.session_state.get(f"note_seen_{key}"):
        st.session_state[f"note_seen_{key}"] = now.at
        theirs = f"“{now.text[:200]}” {' '.join(now.tags)}".strip() if not now.is_empty else "nothing: it was taken back"
        st.session_state[problem] = f"It was changed elsewhere since you opened it. There it says {theirs}. Yours is still in the box."
        return
    try:
        words = [tag(word) for word in st.session_state[f"tags_{key}"]]
        fill(key, write_note(db, sample_set, sample_id, st.session_state[f"note_{key}"], words))
        st.session_state.pop(problem, None)
    except LlmkickError as error:
        st.session_state[problem] = str(error)
