"""What kind of outcome an answer is: a wrong answer and a broken model are different losses.

The first of these that holds:

    overflow   the prompt is too long, and was not asked
    right      the metric says 1
    empty      something was to be generated, and no letter and no digit came
    loop       generation ended in a phrase said over and over
    (nothing)  the metric has neither right nor wrong: a summary's share, a turn that only a judge can tell, perplexity
    unparsed   a verdict is due and there is none: log-probabilities that are not numbers, no letter in the text
    wrong      all else

`right` comes before `empty` so that a scorer which takes an empty output for right shows that it does. What was not generated (`scored`:
log-probabilities of options or of a text) is neither empty nor a loop.
"""

from __future__ import annotations

import math

from llmkick_core.schema import Answer, OutcomeKind
from llmkick_core.scoring.degeneration import ends_in_loop, is_empty


def outcome(answer: Answer, value: float | None, *, is_due: bool = True) -> OutcomeKind:
    """Return the kind of outcome of one answer, "" where there is neither right nor wrong and nothing is broken.

    Args:
        answer: what the model said.
        value: 1 where a metric finds it right; None or NaN without a verdict.
        is_due: whether the metric tells right from wrong for this answer.
    """
    if answer.finish == "overflow":
        return "overflow"
    if is_due and value == 1:
        return "right"
    if answer.finish != "scored" and is_empty(answer.text):
        return "empty"
    if answer.finish == "loop" or (answer.finish != "scored" and ends_in_loop(answer.text)):
        return "loop"
    if not is_due:
        return ""
    return "unparsed" if value is None or math.isnan(value) else "wrong"
