"""By what answers are judged: four aspects of a summary, and what matters in each kind of conversation.

The aspects mean what they mean in SummEval (Fabbri et al. 2021, https://arxiv.org/abs/2007.12626); the kinds of conversation are those of MT-Bench
(Zheng et al. 2023, https://arxiv.org/abs/2306.05685). The sentences are this project's own: where one changes, the version of every protocol rises.
"""

from __future__ import annotations

from llmkick_core.tasks.summarization import LIMIT_WORDS

ASPECTS = {
    "coherence": "Do the sentences follow from one another and make up one well-ordered account, rather than a heap of separate facts?",
    "consistency": (
        "Does the story support everything that the summary states? Whatever is invented, mixed up or distorted is a fault, even where it happens to be true."
    ),
    "fluency": "Is each sentence, taken by itself, correct and easy to read, without broken grammar, fragments, stray characters or endless repetition?",
    "relevance": "Does the summary hold what matters most in the story, and leave out what is minor, repeated or beside the point?",
}
"""What each aspect of a summary asks."""

SUMMARY_LIMIT = f"The task set a limit of fewer than {LIMIT_WORDS} words; a summary that breaks it has missed part of the task."
"""What the task itself demanded."""

GENERAL = (
    "Consider how helpful the answer is to this user, whether it is relevant, whether what it states is accurate, how deep it goes and how detailed it is where that "
    "is called for, and above all whether it does what the message asks, in the form in which it asks for it."
)
"""For a conversation of any kind that is not in BY_CATEGORY."""

BY_CATEGORY = {
    "writing": (
        "Consider whether the text is of the kind, tone, length and audience that were asked for, and how well it is written: "
        "its order, its wording, its originality. Each constraint that was set counts."
    ),
    "roleplay": (
        "Consider whether the answer stays in the role that it was given, with a voice, knowledge and attitude that fit it, "
        "and whether it is lively while still doing what the user wants."
    ),
    "extraction": (
        "Consider whether exactly what was asked for has been taken from the given text: nothing missed, nothing added, nothing altered, "
        "and laid out in the form that was demanded."
    ),
    "stem": (
        "Consider whether the science and technology are right and the explanation is complete and clear. "
        "A wrong fact, formula or conclusion weighs more than a clumsy sentence."
    ),
    "humanities": (
        "Consider whether facts, names and dates are right, whether the argument is sound and looks at the matter from more than one side where it has several, "
        "and whether it is clearly set out."
    ),
    "reasoning": (
        "Work the problem out yourself before you judge. What counts first is whether the conclusion is right; next, whether the steps lead to it. "
        "A fluent answer with a wrong conclusion deserves little."
    ),
    "math": (
        "Calculate the result yourself before you judge. What counts first is whether the final result is right; next, whether each step is valid. "
        "A wrong result deserves little, however neat its derivation."
    ),
    "coding": (
        "Go through the code in your mind as if you ran it. What counts first is whether it does what was asked, edge cases included; "
        "next, whether it is efficient, readable and explained as far as needed."
    ),
}
"""For the conversations of MT-Bench, by category in lower case."""


def of_summaries() -> str:
    """Return the criteria of summaries, one aspect a line."""
    return "\n".join([*(f"- {aspect}: {meaning}" for aspect, meaning in ASPECTS.items()), SUMMARY_LIMIT])


def of_conversation(category: str) -> str:
    """Return the criteria of a conversation of some category, in any case; the general ones where it is none of MT-Bench's."""
    return BY_CATEGORY.get(category.strip().lower(), GENERAL)
