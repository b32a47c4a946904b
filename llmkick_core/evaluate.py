"""Ask a model the questions of a task: the only loop over questions.

    for batch in evaluate(model, TASKS["factoid_qa"], samples, run_id): ...
    batch -> [(Sample(sample_id="capital/Mongolia#0", ...), (Answer(text=" Ulaanbaatar", gold_logprob=-0.1, ...),)), ...]

The answers of one sample, all its turns, come together, so that a batch written to disk never holds half a conversation; but a text of perplexity
is answered window by window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from llmkick_core.dense import Beside, Nothing
from llmkick_core.errors import DataError, NoLikelihoodsError
from llmkick_core.fitting import fitted
from llmkick_core.models.base import Generation, LanguageModel, Likelihood, Message, Prompt, Sampling, prompt_room
from llmkick_core.models.chat import papers_prompt
from llmkick_core.schema import Answer, Formulation, PromptForm, Sample, Thinking
from llmkick_core.scoring.multiple_choice import choose
from llmkick_core.tasks.base import Kind, Task
from llmkick_core.text_windows import scored, windows_of
from llmkick_core.trace import Turn

Answered = tuple[Sample, tuple[Answer, ...]]
"""A sample and its answers, one a turn; of a perplexity text, one a window."""

Ask = Callable[["Asking", Sequence[Sample]], list[Answered]]

LETTERS = "ABCDEFGHIJ"

_BYTES_A_TOKEN = 4  # of a text in UTF-8, roughly

LETTER_TOKENS = 16
"""Tokens in which a model that does not tell log-probabilities has to name its letter: "The answer is B." takes five."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What is the same for all questions of a run."""

    model: LanguageModel
    """Who is asked."""
    task: Task
    """How."""
    run_id: str
    """Written into the answers."""
    formulation: Formulation
    """Of multiple choice."""
    sampling: Sampling | None
    """How tokens are drawn; None takes the most likely ones."""
    beside: Beside
    """Looks at generated answers as they are made."""
    form: PromptForm
    """Whether prompts reach the model as raw text or through its chat template."""
    thinking: Thinking | None
    """Whether replies have room for a thought."""

    @property
    def max_new_tokens(self) -> int:
        """Return the most tokens of a reply; room for a thought is at most what half of the model's context leaves."""
        limit = self.task.token_limit(self.form)
        return max(limit, min(self.task.token_limit(self.form, self.thinking), self.model.context_length // 2))

    def put(self, text: str) -> Prompt:
        """Return a question of one turn as the model is asked it."""
        return (Message(role="user", content=text),) if self.form == "chat" else text

    def conversation(self, messages: Sequence[Message]) -> Prompt:
        """Return a conversation as the model is asked it: in plain form in the paper's words, a turn a line."""
        return tuple(messages) if self.form == "chat" else papers_prompt(messages, end="\n")


def evaluate(
    model: LanguageModel,
    task: Task,
    samples: Sequence[Sample],
    run_id: str,
    *,
    answered: Collection[Turn] = (),
    formulation: Formulation | None = None,
    batch_size: int | None = None,
    limit: int | None = None,
    sampling: Sampling | None = None,
    beside: Beside | None = None,
    prompt: PromptForm | None = None,
    thinking: Thinking | None = None,
) -> Iterator[list[Answered]]:
    """Yield the answers to `samples`, batch by batch: in order, but that multiple-choice prompts which begin alike (a subject's solved examples) come together, the shorter first.

    Where a batch begins and ends depends on all samples and the model's size alone, never on time or on what is answered already: rounding
    differs from batch to batch, so that a run that was killed and goes on gives the answers of an undisturbed one only if it asks the same
    batches. They are as large as what takes some seconds on a usual machine (models/pace.py).

    Args:
        model: what is asked.
        task: how its samples are asked.
        samples: all questions of the run, their prompts already in the shape of the formulation.
        run_id: written into the answers.
        answered: (sample_id, turn) of what is not asked again.
        formulation: of multiple choice; None is `letters`.
        batch_size: samples in a batch; None is what the model's pace says, its own at most.
        limit: windows of perplexity's texts; None is all.
        sampling: how tokens are drawn; None takes the most likely ones.
        beside: looks at generated answers as they are made (dense.py).
        prompt: how prompts reach the model; None is the task's own form.
        thinking: `room` gives replies more tokens for a thought.

    Raises:
        DataError: a sample lacks what its kind of task needs.
    """
    asking = Asking(
        model=model,
        task=task,
        run_id=run_id,
        formulation=formulation or "letters",
        sampling=sampling,
        beside=beside or Nothing(),
        form=prompt or task.own_form,
        thinking=thinking,
    )
    if task.kind == "likelihood":
        yield from scored(model, windows_of(model, samples, limit), run_id, answered, batch_size)
        return
    known = {sample_id for sample_id, _ in answered}
    if task.kind == "choose":
        # what begins alike is read once, and what is of one length needs no padding
        samples = sorted(samples, key=lambda sample: (sample.shots, len(sample.turns[0]), sample.turns[0]))
    for batch in _batches(asking, samples, batch_size):
        asked = [sample for sample in batch if sample.sample_id not in known]
        if not asked:
            continue
        started = time.perf_counter()
        for found in _choices(asking, batch, known) if task.kind == "choose" else [_asked(asking, asked)]:
            elapsed = time.perf_counter() - started
            each_s = elapsed / max(1, sum(len(answers) for _, answers in found))
            yield [(sample, tuple(replace(answer, seconds=each_s) for answer in answers)) for sample, answers in found]
            started = time.perf_counter()


def _batches(asking: Asking, samples: Sequence[Sample], size: int | None) -> Iterator[Sequence[Sample]]:
    """Yield the samples that are asked together, in order.

    Answers that are written token by token are worked on side by side, so that their batch is as large as what can be stopped without a loss; options
    are compared a few questions at a time, and only share what is looked for at the beginning of all prompts.
    """
    model, task = asking.model, asking.task
    most = size or model.batch_size
    start = 0
    while start < len(samples):
        n = most
        if size is None and task.kind != "choose":
            lengths = [sum(_n_tokens(turn) for turn in sample.turns) for sample in samples[start : start + most]]
            n = model.pace.n_together(lengths, n_new=asking.max_new_tokens)
        yield samples[start : start + n]
        start += n


def _n_tokens(text: str) -> int:
    """Return how many tokens a text has, roughly: the same for all models."""
    return len(text.encode(errors="replace")) // _BYTES_A_TOKEN + 1


def _asked(asking: Asking, batch: Sequence[Sample]) -> list[Answered]:
    """Return the answers to a batch, prompts that are too long cut before, and answered by nothing where no cut is enough."""
    ask = ASK[asking.task.kind]
    fits = fitted(asking.model, batch, _rooms(asking, batch), put=asking.put)
    said = iter(ask(asking, [one.sample for one in fits if not one.is_overflow]))
    found: list[Answered] = []
    for sample, one in zip(batch, fits, strict=True):
        if one.is_overflow:
            nothing = [_overflow(asking.run_id, sample, turn, one.n_tokens) for turn in range(len(sample.turns))]
            found.append((sample, tuple(nothing)))
        else:
            answers = next(said)[1]
            found.append((sample, (replace(answers[0], cut=one.cut), *answers[1:]) if one.cut else answers))
    return found


def _choices(asking: Asking, batch: Sequence[Sample], known: Collection[str]) -> Iterator[list[Answered]]:
    """Yield the answers to multiple-choice questions as they come; those that are known are left out."""
    fits = fitted(asking.model, batch, _rooms(asking, batch), put=asking.put)
    cuts = {sample.sample_id: (sample, one.cut) for sample, one in zip(batch, fits, strict=True)}
    long = [(sample, one) for sample, one in zip(batch, fits, strict=True) if one.is_overflow and sample.sample_id not in known]
    if long:
        yield [(sample, (_overflow(asking.run_id, sample, 0, one.n_tokens),)) for sample, one in long]
    for found in _choose(asking, [one.sample for one in fits if not one.is_overflow], known):
        yield [
            (cuts[sample.sample_id][0], tuple(replace(one, cut=cuts[sample.sample_id][1]) for one in answers)) for sample, answers in found
        ]


def _rooms(asking: Asking, samples: Sequence[Sample]) -> list[int]:
    """Return the tokens that the first prompt of each sample may have."""
    model, task = asking.model, asking.task
    if task.kind != "choose":
        return [prompt_room(model.context_length, asking.max_new_tokens)] * len(samples)
    options = [continuations(asking, sample) for sample in samples]
    distinct = list(dict.fromkeys(option for some in options for option in some))
    longest = dict(zip(distinct, model.count_tokens(distinct), strict=True))
    return [model.context_length - max(longest[option] for option in some) for some in options]


def _overflow(run_id: str, sample: Sample, turn: int, n_tokens: int) -> Answer:
    """Return what stands for the answer to a prompt that is too long."""
    return Answer(run_id=run_id, sample_id=sample.sample_id, turn=turn, n_prompt_tokens=n_tokens, finish="overflow")


def continuations(asking: Asking, sample: Sample) -> list[str]:
    """Return what is compared after a multiple-choice prompt, one an option: its letter or its text, as the prompt goes on.

    Raises:
        DataError: the sample has fewer than 2 or more than 10 options.
    """
    if not 2 <= len(sample.choices) <= len(LETTERS):
        raise DataError(f"sample {sample.sample_id} has {len(sample.choices)} options; a multiple-choice question has 2 to {len(LETTERS)}.")
    options = LETTERS[: len(sample.choices)] if asking.formulation == "letters" else sample.choices
    return [_going_on(asking.put(sample.turns[0]), option) for option in options]


def _generate(asking: Asking, samples: Sequence[Sample]) -> list[Answered]:
    """Continue prompts; a sample with several turns asks each of them afresh."""
    asked = [(i, turn, asking.put(prompt)) for i, sample in enumerate(samples) for turn, prompt in enumerate(sample.turns)]
    said = _said(asking, [(samples[i], turn) for i, turn, _ in asked], [prompt for _, _, prompt in asked])
    return _answered(samples, [(i, answer) for (i, _, _), answer in zip(asked, said, strict=True)])


def _chat(asking: Asking, samples: Sequence[Sample]) -> list[Answered]:
    """Take user turns through the chat template, each answer put back before the next turn; all samples take a turn together."""
    model = asking.model
    room = prompt_room(model.context_length, asking.max_new_tokens)
    said_before: list[list[Message]] = [[] for _ in samples]
    answers: list[tuple[int, Answer]] = []
    for turn in range(max((len(sample.turns) for sample in samples), default=0)):
        asked = [i for i, sample in enumerate(samples) if turn < len(sample.turns)]
        for i in asked:
            said_before[i].append(Message(role="user", content=samples[i].turns[turn]))
        prompts = [asking.conversation(said_before[i]) for i in asked]
        too_long = {
            i: n for i, n in zip(asked, model.count_tokens(prompts), strict=True) if turn and n > room
        }  # first turns were cut to fit
        answers += [(i, _overflow(asking.run_id, samples[i], turn, n)) for i, n in too_long.items()]
        prompts = [prompt for i, prompt in zip(asked, prompts, strict=True) if i not in too_long]
        asked = [i for i in asked if i not in too_long]
        for i, answer in zip(asked, _said(asking, [(samples[i], turn) for i in asked], prompts), strict=True):
            said_before[i].append(Message(role="assistant", content=answer.text))
            answers.append((i, answer))
    return _answered(samples, answers)


def _choose(asking: Asking, samples: Sequence[Sample], known: Collection[str]) -> Iterator[list[Answered]]:
    """Compare the log-probabilities of the options' letters, or of their texts divided by their characters, some questions at a time.

    A model behind a server that does not tell log-probabilities is asked for its letter instead.
    """
    formulation = asking.formulation
    owners = [i for i, sample in enumerate(samples) for _ in sample.choices]
    pairs = [(asking.put(sample.turns[0]), option) for sample in samples for option in continuations(asking, sample)]
    found: dict[int, Likelihood] = {}
    waiting = {i for i, sample in enumerate(samples) if sample.sample_id not in known}
    firsts = [owners.index(i) for i in range(len(samples))]

    def is_wanted(indices: Collection[int]) -> bool:
        return any(owners[k] in waiting for k in indices)

    try:
        for some in asking.model.likelihood_batches(pairs, is_wanted):
            found |= some
            ready = sorted({owners[k] for k in some} & waiting)
            options = {i: [found.get(k) for k in range(firsts[i], firsts[i] + len(samples[i].choices))] for i in ready}
            whole = [(i, [one for one in told if one]) for i, told in options.items() if all(told)]
            waiting.difference_update(i for i, _ in whole)
            if whole:
                yield [(samples[i], (_choice(asking, samples[i], told),)) for i, told in whole]
    except NoLikelihoodsError as error:
        if formulation == "cloze":
            raise NoLikelihoodsError(f"option texts cannot be compared: {error} Ask by letters (--formulation letters).") from error
        yield _name_a_letter(asking, [sample for sample in samples if sample.sample_id not in known])


def _choice(asking: Asking, sample: Sample, options: Sequence[Likelihood]) -> Answer:
    """Return the answer to a multiple-choice question whose options are as likely as told."""
    logprobs, lengths = tuple(option.logprob for option in options), tuple(len(text) for text in sample.choices)
    chosen = choose(logprobs, lengths if asking.formulation == "cloze" else ())
    return Answer(
        run_id=asking.run_id,
        sample_id=sample.sample_id,
        text="" if chosen is None else sample.choices[chosen],
        n_prompt_tokens=options[0].n_prompt_tokens,
        finish="scored",
        choice_logprobs=logprobs,
        choice_lengths=lengths,
        gold_logprob=None if sample.gold_choice is None else logprobs[sample.gold_choice],
    )


def _name_a_letter(asking: Asking, samples: Sequence[Sample]) -> list[Answered]:
    """Continue multiple-choice prompts by a few tokens, from which the scorer reads a letter."""
    prompts = [asking.put(sample.turns[0]) for sample in samples]
    said = asking.model.generate(prompts, max_new_tokens=LETTER_TOKENS, sampling=asking.sampling)
    return [(sample, (_answer(asking.run_id, sample, 0, one, None),)) for sample, one in zip(samples, said, strict=True)]


ASK: dict[Kind, Ask] = {"generate": _generate, "chat": _chat}
"""How each kind of task is asked whose answers are written."""


def _said(asking: Asking, turns: Sequence[tuple[Sample, int]], prompts: Sequence[Prompt]) -> list[Answer]:
    """Return what the model says to each prompt, how likely the right answer was (nats; None where there is none, or nobody tells), and what is seen beside it."""
    model, task = asking.model, asking.task
    stops = task.stops(asking.form)
    generations = model.generate(prompts, max_new_tokens=asking.max_new_tokens, stop=stops, sampling=asking.sampling)
    golds = [_gold(sample, turn) for sample, turn in turns]
    known = [i for i, gold in enumerate(golds) if gold]
    try:
        likelihoods = model.likelihoods([(prompts[i], _going_on(prompts[i], golds[i] or "")) for i in known]) if known else []
    except NoLikelihoodsError:
        known, likelihoods = [], []
    logprobs = {i: likelihood.logprob for i, likelihood in zip(known, likelihoods, strict=True)}
    more = asking.beside.look(model, [(sample.sample_id, turn) for sample, turn in turns], prompts, generations)
    return [
        replace(_answer(asking.run_id, sample, turn, said, logprobs.get(i)), **more[i])
        for i, ((sample, turn), said) in enumerate(zip(turns, generations, strict=True))
    ]


def _going_on(prompt: Prompt, text: str) -> str:
    """Return `text` as it continues raw text: after a space, unless the prompt ends in one. To a conversation it is the reply as it is."""
    return f" {text}" if isinstance(prompt, str) and not prompt[-1:].isspace() else text


def _gold(sample: Sample, turn: int) -> str | None:
    """Return the preferred right answer of a turn, or None where only a judge can tell."""
    return sample.gold[turn][0] if turn < len(sample.gold) and sample.gold[turn] else None


def _answer(run_id: str, sample: Sample, turn: int, said: Generation, gold_logprob: float | None) -> Answer:
    return Answer(
        run_id=run_id,
        sample_id=sample.sample_id,
        turn=turn,
        text=said.text,
        thought=said.thought,
        n_prompt_tokens=said.n_prompt_tokens,
        n_tokens=said.n_tokens,
        finish=said.finish,
        gold_logprob=gold_logprob,
    )


def _answered(samples: Sequence[Sample], answers: Sequence[tuple[int, Answer]]) -> list[Answered]:
    """Return each sample with its answers, given as (index of the sample, answer) in order of turns."""
    by_sample: list[list[Answer]] = [[] for _ in samples]
    for i, answer in answers:
        by_sample[i].append(answer)
    return [(sample, tuple(found)) for sample, found in zip(samples, by_sample, strict=True)]
