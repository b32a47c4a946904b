"""What is there to be asked of a judge: the answers of runs, in every order and as often as wanted, less what is known already.

plan(store, JudgeRequest(run_ids=("3f..",), protocol="pairwise", url=..., model=...))
-> Plan(asks=(Ask(key="9c..", slots=(Slot(...), Slot(...))), ...), settled=(...), n_known=120)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from llmkick_core.errors import UsageError
from llmkick_core.judge.base import Item, Question
from llmkick_core.judge.prices import FILE, Price, expected_tokens, is_own_table, price_of
from llmkick_core.judge.protocols import PROTOCOLS
from llmkick_core.judge.request import JudgeRequest
from llmkick_core.judge.saying import said_again
from llmkick_core.judgment import DATASET, FAILURES, JUDGED_TASKS, JudgeSpec, Judgment
from llmkick_core.models.thoughts import apart
from llmkick_core.schema import Answer, RunSpec, Sample
from llmkick_core.store.judgings import latest, paid_replies, read_judgments
from llmkick_core.store.layout import run_dir
from llmkick_core.store.opener import exists, is_id
from llmkick_core.store.parts import read_parts
from llmkick_core.store.runs import read_samples, read_spec, sample_set_of

_SAME = "same"

Said = dict[tuple[str, int], Answer]
"""A run's answers by question and turn."""


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One judgment that is to be made."""

    spec: JudgeSpec
    """Its judging."""
    item: Item
    """What is judged."""

    @property
    def slot(self) -> tuple[str, int, int, int]:
        """Return what `Judgment.slot` will be."""
        return (self.item.sample.sample_id, self.item.turn, self.item.place, self.item.repeat)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question to the judge, and every judgment that its reply makes: of equal answers of several runs there is one."""

    key: str
    """Hash of what is asked."""
    slots: tuple[Slot, ...]
    """Judgments that it answers."""

    @property
    def question(self) -> Question:
        """Return what is asked; built when it is needed, for thousands of stories would take much memory."""
        return question_of(self.slots[0])


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a request comes to."""

    request: JudgeRequest
    """What was asked for."""
    specs: tuple[JudgeSpec, ...]
    """The judgings, one a run."""
    asks: tuple[Ask, ...]
    """Questions to be sent."""
    settled: tuple[tuple[JudgeSpec, Judgment], ...]
    """Judgments that need no request: two equal texts, nothing to compare with, or a reply that was paid for elsewhere."""
    n_known: int
    """Judgments that are there already."""
    notes: tuple[str, ...] = ()
    """What a person should know, such as runs that were left out."""

    @property
    def n_judgments(self) -> int:
        """Return how many judgments are still to be made, by requests or without."""
        return len(self.settled) + sum(len(ask.slots) for ask in self.asks)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a request will take, before it starts."""

    n_judgments: int
    """Judgments in all."""
    n_requests: int
    """Requests to be sent, where none has to be repeated."""
    n_known: int
    """Judgments that are there already, or whose reply was paid for elsewhere."""
    n_unasked: int
    """Judgments that cannot be asked for, such as those without a reference answer."""
    n_same: int
    """Judgments of two answers in one text."""
    prompt_tokens: int
    """About so many, at four characters a token."""
    completion_tokens: int
    """About so many, at a usual length of replies."""
    cost: float | None
    """US dollars; None while the judge's price is not known."""
    price: Price | None
    """Of its tokens."""
    notes: tuple[str, ...] = ()
    """What a person should know."""
    problem: str = ""
    """Why it should not start, in a line; empty where it may."""
    n_shared: int = 0
    """Judgments that share the reply to an equal question of another run."""
    n_settled: int = 0
    """Judgments that are not there yet and need no request: of equal texts, without a reference answer, or with a reply that was paid for elsewhere."""


def question_of(slot: Slot) -> Question:
    """Return what a judge is asked for one judgment."""
    return PROTOCOLS[slot.spec.protocol].question(slot.item)


def plan(store: Path, request: JudgeRequest) -> Plan:
    """Return what is there to be asked.

    Raises:
        UsageError: a run is not there, is of a task that has no judge, or has nothing to be compared with.
        CorruptFileError: a file of a run is damaged.
    """
    specs: list[JudgeSpec] = []
    notes: list[str] = []
    asks: dict[str, list[Slot]] = {}
    settled: list[tuple[JudgeSpec, Judgment]] = []
    n_known = n_stale = 0
    texts = _Texts(store)
    for run_id in dict.fromkeys(request.run_ids):
        run = texts.spec(run_id)
        spec = _judge_spec(texts, request, run, notes)
        if spec is None:
            continue
        specs.append(spec)
        known = latest(read_judgments(store, spec.judging_id))
        for slot, reason in _slots(texts, spec, run.task, request):
            before = known.get(slot.slot)
            key = "" if reason else _key(slot)
            n_stale += _is_stale(before, key)
            if not _is_open(before, request, key):
                n_known += 1
            elif reason == _SAME:
                settled.append((spec, _judgment(slot, "same", "both answers are one text")))
            elif reason and before is None:
                settled.append((spec, _judgment(slot, "unasked", reason)))
            elif reason:
                n_known += 1
            else:
                asks.setdefault(key, []).append(slot)
    if n_stale:
        notes.append(_told_stale(n_stale, request))
    if not specs:
        raise UsageError(f"nothing to judge: {' '.join(notes)}")
    for key, judged in paid_replies(store, set(asks)).items():
        if request.is_retrying and judged.outcome != "scored":
            continue  # whoever asks again wants another reply than that
        settled += [(slot.spec, said_again(slot.item, question_of(slot).wanted, judged)) for slot in asks.pop(key)]
    return Plan(
        request=request,
        specs=tuple(specs),
        asks=tuple(Ask(key=key, slots=tuple(slots)) for key, slots in asks.items()),
        settled=tuple(settled),
        n_known=n_known,
        notes=tuple(notes),
    )


def left_of(planned: Plan, known: Mapping[str, Mapping[tuple[str, int, int, int], Judgment]]) -> Plan:
    """Return a plan less what has been judged since it was made, such as by another process while a person was asked whether to start.

    Args:
        planned: the plan.
        known: the judgments that count now, by judging and slot.
    """

    def is_left(spec: JudgeSpec, slot: tuple[str, int, int, int], key: str = "") -> bool:
        return _is_open(known[spec.judging_id].get(slot), planned.request, key)

    asks = [(ask, tuple(slot for slot in ask.slots if is_left(slot.spec, slot.slot, ask.key))) for ask in planned.asks]
    settled = [
        (spec, judged)
        for spec, judged in planned.settled
        if is_left(spec, judged.slot) and not (judged.outcome == "unasked" and judged.slot in known[spec.judging_id])
    ]
    left = replace(planned, asks=tuple(replace(ask, slots=slots) for ask, slots in asks if slots), settled=tuple(settled))
    return replace(left, n_known=planned.n_known + planned.n_judgments - left.n_judgments)


def _key(slot: Slot) -> str:
    """Return the hash of what is asked for a judgment."""
    return question_of(slot).key(url=slot.spec.url, model=slot.spec.model, temperature=slot.spec.temperature, repeat=slot.item.repeat)


def _is_open(before: Judgment | None, request: JudgeRequest, key: str = "") -> bool:
    """Return whether a slot is still to be judged, by what stands there; `key` is the hash of what would be asked."""
    if before is None or before.outcome == "unasked" or (before.outcome == "same" and bool(key)):
        return True
    return request.is_retrying and (before.outcome in FAILURES or _is_stale(before, key))


def _is_stale(before: Judgment | None, key: str) -> bool:
    """Return whether a judgment is of other words than would be asked about now: answers were replaced under the same run."""
    return before is not None and bool(before.key) and bool(key) and before.key != key


def _told_stale(n: int, request: JudgeRequest) -> str:
    """Return in words that judgments are of answers that were replaced since."""
    many = "judgment is" if n == 1 else "judgments are"
    return f"{n:,} {many} of other words than the store has now{'' if request.is_retrying else '; --retry asks about these anew'}."


def estimate(store: Path, request: JudgeRequest) -> Estimate:
    """Return what a request will take; nothing is sent.

    Raises:
        UsageError, CorruptFileError: as `plan`.
    """
    return estimate_of(store, plan(store, request))


def estimate_of(store: Path, planned: Plan) -> Estimate:
    """Return what a plan will take."""
    request = planned.request
    tokens = [expected_tokens(ask.question) for ask in planned.asks]
    n_prompt, n_reply = (sum(column) for column in zip(*tokens, strict=True)) if tokens else (0, 0)
    price = request.price or price_of(request.model, request.url, store)
    outcomes = [judged.outcome for _, judged in planned.settled]
    problem = ""
    if request.max_cost is not None and price is None and planned.asks:
        problem = (
            f"the price of {request.model} is not known, so ${request.max_cost:g} cannot be kept to: name it with --price INPUT/OUTPUT "
            "(dollars a million tokens), or add it to the table of prices."
        )
    is_ignored = request.price is None and planned.asks and not is_own_table(store)
    notes = (f"{store / FILE} was not saved here and is not used; save the prices on the Judge page, or name one with --price.",)
    return Estimate(
        n_judgments=planned.n_known + planned.n_judgments,
        n_requests=len(planned.asks),
        n_known=planned.n_known + sum(one not in ("same", "unasked") for one in outcomes),
        n_unasked=outcomes.count("unasked"),
        n_same=outcomes.count("same"),
        prompt_tokens=n_prompt,
        completion_tokens=n_reply,
        cost=None if price is None else price.cost(n_prompt, n_reply),
        price=price,
        notes=(*planned.notes, *notes) if is_ignored else planned.notes,
        problem=problem,
        n_shared=sum(len(ask.slots) - 1 for ask in planned.asks),
        n_settled=len(planned.settled),
    )


class _Texts:
    """Runs of a store, each read once."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._specs: dict[str, RunSpec] = {}
        self._samples: dict[str, list[Sample]] = {}
        self._said: dict[str, Said] = {}

    def has(self, run_id: str) -> bool:
        return is_id(run_id) and exists(run_dir(self._store, run_id) / "spec.json")

    def spec(self, run_id: str) -> RunSpec:
        if not self.has(run_id):
            raise UsageError(f"no run {run_id!r} in {self._store}; `python -m llmkick_core report` lists those there are.")
        if run_id not in self._specs:
            self._specs[run_id] = read_spec(self._store, run_id)
        return self._specs[run_id]

    def samples(self, run_id: str) -> list[Sample]:
        found = sample_set_of(self._store, run_id)
        if found is None:
            return []
        if found not in self._samples:
            self._samples[found] = read_samples(self._store, found)
        return self._samples[found]

    def said(self, run_id: str) -> Said:
        if run_id not in self._said:
            parts = read_parts(run_dir(self._store, run_id))
            self._said[run_id] = {(answer.sample_id, answer.turn): apart(answer) for answers, _ in parts for answer in answers}
        return self._said[run_id]


def _judge_spec(texts: _Texts, request: JudgeRequest, run: RunSpec, notes: list[str]) -> JudgeSpec | None:
    """Return the judging of a run; None where there is nothing to judge of it, which is noted."""
    if run.task not in JUDGED_TASKS:
        raise UsageError(f"run {run.run_id} asks {run.task}, which needs no judge; {' and '.join(JUDGED_TASKS)} have one.")
    opponent = ""
    if request.way == "pairwise":
        opponent = run.dense().run_id
        if opponent == run.run_id:
            notes.append(f"The dense run of {run.task} is what the others are compared with.")
            return None
        if not texts.has(opponent):
            raise UsageError(
                f"{run.recipe.label} cannot be compared pairwise: the dense model has not been asked {run.task} the same way. Run it first."
            )
    elif request.way == "reference":
        opponent = request.references
        if opponent == run.run_id:
            notes.append(f"Run {run.run_id} gives the reference answers itself.")
            return None
        if opponent != DATASET and texts.spec(opponent).task != run.task:
            raise UsageError(f"run {opponent} asks {texts.spec(opponent).task}, and its answers are no reference for {run.task}.")
        if (
            opponent != DATASET
            and texts.said(opponent)
            and not {one for one, _ in texts.said(opponent)} & {one.sample_id for one in texts.samples(run.run_id)}
        ):
            notes.append(
                f"Run {run.run_id} ({run.model}, {run.recipe.label}) asks other questions than {opponent} answers, and is left out."
            )
            return None
    return JudgeSpec(
        run_id=run.run_id,
        protocol=request.protocol,
        opponent=opponent,
        url=request.url,
        model=request.model,
        prompt_version=PROTOCOLS[request.protocol].version,
        temperature=request.temperature,
    )


def _slots(texts: _Texts, spec: JudgeSpec, task: str, request: JudgeRequest) -> Iterator[tuple[Slot, str]]:
    """Yield every judgment of a run, each with why it is not asked for, or nothing; what the run has not answered yet is left out."""
    said = texts.said(spec.run_id)
    others = texts.said(spec.opponent) if spec.opponent not in ("", DATASET) else {}
    for sample in texts.samples(spec.run_id)[: request.limit]:
        for turn in range(len(sample.turns)):
            own = [said.get((sample.sample_id, k)) for k in range(turn + 1)]
            mine = [answer for answer in own if answer is not None]
            if len(mine) < len(own):
                continue
            candidate = tuple(answer.text for answer in mine)
            opponent, reason = _opponent(spec, sample, turn, others)
            if any(answer.finish == "overflow" for answer in mine):
                reason = "the run did not answer it: its prompt is too long for the model"
            elif not reason and PROTOCOLS[spec.protocol].way == "pairwise" and candidate == opponent:
                reason = _SAME
            for repeat in range(request.repeats):
                for place in spec.places:
                    item = Item(task=task, sample=sample, turn=turn, candidate=candidate, opponent=opponent, place=place, repeat=repeat)
                    yield Slot(spec=spec, item=item), reason


def _opponent(spec: JudgeSpec, sample: Sample, turn: int, others: Said) -> tuple[tuple[str, ...], str]:
    """Return the opponent's answers up to a turn, and why there are none, or nothing."""
    if not spec.opponent:
        return (), ""
    if spec.opponent != DATASET:
        found = [others.get((sample.sample_id, k)) for k in range(turn + 1)]
        texts = tuple(answer.text for answer in found if answer is not None and answer.finish != "overflow")
        return (texts, "") if len(texts) == turn + 1 else ((), f"run {spec.opponent} has no answer to compare with")
    references = sample.references or ((sample.reference,) if len(sample.turns) == 1 else ())
    texts = references[: turn + 1]
    return (texts, "") if len(texts) == turn + 1 and all(texts) else ((), "the data set has no reference answer to this turn")


def _judgment(slot: Slot, outcome: str, reason: str) -> Judgment:
    sample_id, turn, place, repeat = slot.slot
    return Judgment(sample_id=sample_id, turn=turn, place=place, repeat=repeat, outcome=outcome, reason=reason)  # type: ignore[arg-type]
