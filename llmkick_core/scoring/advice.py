"""What to say of a model that is asked in a way it was not made for: most of its dense answers are empty, loops, or cannot be read.

    advice({"empty": 52, "wrong": 8}, form="plain", has_template=True, k_shot=0, takes_shots=True)
    == "52 of 60 dense answers are empty; this model has a chat template: ask it with --prompt chat."

    advice({"empty": 52, "wrong": 8}, form="chat", has_template=True, k_shot=0, takes_shots=True, n_cut_off=52)
    == "52 of 60 dense answers are empty; 52 were cut off while the model thought: give thoughts room with --thinking room."

A compressed model that falls silent is a finding; a dense one that does is a mistake in the asking, so only dense answers are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping

from llmkick_core.schema import PromptForm

LEAST = 5
"""Answers below which nothing is said."""

_WORDS = {"empty": "are empty", "loop": "only repeat themselves", "unparsed": "cannot be read"}


def advice(
    counts: Mapping[str, int],
    *,
    form: PromptForm,
    has_template: bool,
    k_shot: int,
    takes_shots: bool,
    n_cut_off: int = 0,
    has_room: bool = False,
) -> str:
    """Return one line with the way out where more than half of the dense answers are empty, loops or unreadable; empty where not.

    Args:
        counts: answers by kind of outcome (scoring/outcomes.py).
        form: in which the questions were asked.
        has_template: whether the model has a chat template.
        k_shot: solved examples before a question.
        takes_shots: whether the task can have them.
        n_cut_off: replies that met their limit while the model thought, and so have no answer.
        has_room: whether replies had room for a thought.
    """
    n = sum(counts.values()) - counts.get("overflow", 0)
    bad = {kind: counts.get(kind, 0) for kind in _WORDS}
    if n < LEAST or 2 * sum(bad.values()) <= n:
        return ""
    worst = max(bad, key=bad.__getitem__)
    told = f"{bad[worst]:,} of {n:,} dense answers {_WORDS[worst]}"
    if bad[worst] < sum(bad.values()):
        told = f"{sum(bad.values()):,} of {n:,} dense answers are empty, loops or unreadable ({bad[worst]:,} {_WORDS[worst]})"
    if 2 * n_cut_off > sum(bad.values()):
        told = f"{told}; {n_cut_off:,} were cut off while the model thought"
        if not has_room:
            return f"{told}: give thoughts room with --thinking room."
    if form == "plain" and has_template:
        return f"{told}; this model has a chat template: ask it with --prompt chat."
    if takes_shots and not k_shot:
        plain = "--prompt plain --k-shot 5" if form == "chat" else "--k-shot 5"
        return f"{told}; this model may need few-shot examples: ask it with {plain}."
    if form == "chat" and not has_template:
        return f"{told}; this model has no chat template: ask it with --prompt plain."
    return f"{told}; look at some of them before you compare: the model may not be made for this task."
