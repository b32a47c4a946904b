"""The data that crosses a boundary: frozen, keyword-only, self-checking.

RunSpec(model="bundled:kick-tiny", recipe=Recipe(method="wanda", sparsity=0.5), task="factoid_qa", ...)
-> Sample(sample_id="capital/Mongolia#0", prompt="Please give answer ...", gold=("Ulaanbaatar", "Ulan Bator"), ...)
-> Answer(run_id="3f...", sample_id="capital/Mongolia#0", turn=0, text="Ashgabat", ...)
-> Score(scorer="corrected", metric="exact_match", value=0.0, ...)
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

from llmkick_core.decoding import MEASURED, NAME, Decoder, list_of, number, optional, whole
from llmkick_core.errors import RecipeError, TaskError, UsageError
from llmkick_core.fingerprint import digest

Formulation = Literal["letters", "cloze"]

PromptForm = Literal["plain", "chat"]

Thinking = Literal["off", "room"]
"""How a prompt reaches a model: as raw text, or as a user's message through the model's chat template."""

CORRECTED = "corrected"
SCORERS = (CORRECTED, "paper")
"""Names of the two ways to score the same stored answers; `paper:NAME,...` makes only some of the paper's mistakes (scoring/paper.py)."""

UNKNOWN = "unknown"
"""Source of a calibration that nobody told: of models that were compressed elsewhere."""

OutcomeKind = Literal["right", "wrong", "empty", "loop", "overflow", "unparsed", ""]

OUTCOME_KINDS: tuple[OutcomeKind, ...] = ("right", "wrong", "empty", "loop", "overflow", "unparsed")
"""Kinds of outcome of an answer (scoring/outcomes.py)."""

_BITS = (2, 3, 4, 8)
_HOTTEST = 2.0  # the highest temperature that servers take
_MOST, _MOST_SEED = 2**31 - 1, 2**63 - 1  # the database keeps sizes in 32 bits and seeds in 64


def parse_structure(structure: str) -> tuple[int, int] | None:
    """Return (n, m) of an "n:m" structure (n weights kept of every m), or None for "unstructured".

    Raises:
        RecipeError: the text is neither, or not 1 <= n < m <= 32.
    """
    if structure == "unstructured":
        return None
    match = re.fullmatch(r"(\d+):(\d+)", structure)
    if not match:
        raise RecipeError(f"structure {structure!r} is neither 'unstructured' nor n:m such as 2:4.")
    n, m = int(match[1]), int(match[2])
    if not 1 <= n < m <= 32:
        raise RecipeError(f"structure {structure!r} keeps {n} of every {m} weights; n:m needs 1 <= n < m <= 32, such as 2:4.")
    return n, m


def _check_most(error: type[UsageError], most: int, **values: int | None) -> None:
    for name, value in values.items():
        if value is not None and abs(value) > most:
            raise error(f"{name.replace('_', '-')} {value} is out of range: at most {most:,} can be kept; name a smaller number.")


@dataclass(frozen=True, kw_only=True)
class _Plain:
    """Data that can be written as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The text a method looks at before it compresses."""

    source: str = "bundled"
    """`bundled`, `c4`, `wikitext2`, or the path of a text or JSONL file; `unknown` where answers were imported."""
    revision: str = ""
    """Fingerprint of the text's content, or the pinned commit on the hub; empty takes what is there."""
    n_samples: int = 128
    """Sequences; at least 1."""
    seq_len: int = 2048
    """Tokens in a sequence; cut to the model's context where that is shorter."""
    seed: int = 0
    """Seed of the choice of sequences."""
    is_at_most: bool = False
    """Whether fewer sequences are taken where the text holds fewer: sizes that nobody asked for, of a model whose tokenizer was not here yet."""

    def __post_init__(self) -> None:
        if self.n_samples < 1:
            raise RecipeError(f"calibration n_samples {self.n_samples} must be at least 1.")
        if self.seq_len < 8:
            raise RecipeError(f"calibration seq_len {self.seq_len} must be at least 8 tokens.")
        _check_most(RecipeError, _MOST, n_samples=self.n_samples, seq_len=self.seq_len)
        _check_most(RecipeError, _MOST_SEED, seed=self.seed)


@dataclass(frozen=True, kw_only=True)
class Recipe(_Plain):
    """How a model is compressed; `Recipe()` is the dense model."""

    method: str = "dense"
    """`dense`, or the name of a method in catalog.METHODS."""
    sparsity: float | None = None
    """Share of weights removed, 0-1 exclusive of 1; None for a method that removes none. Implied by n:m."""
    structure: str = "unstructured"
    """`unstructured`, or `n:m`: n weights kept of every m consecutive inputs of a row."""
    bits: int | None = None
    """Bits of a stored weight: 8, 4, 3 or 2; None leaves the weights' precision alone."""
    group_size: int | None = None
    """Inputs that share one scale; None is one scale a row."""
    quantizer: str | None = None
    """Method that quantizes what a pruning method left, its zeros kept; None where nothing is quantized after pruning."""
    is_symmetric: bool = True
    """Whether a grid's steps lie evenly on both sides of zero; if not, each scale has a zero point."""
    has_activation_order: bool = False
    """Whether GPTQ rounds the columns with the largest inputs first (their scales taken beforehand)."""
    order: Literal["layer", "block"] = "layer"
    """`layer`: each layer is calibrated on what the compressed ones before it give; `block`: all layers of a block on what the dense block gives."""
    version: int = 1
    """Of the methods' arithmetic: rises when one of them gives other weights than before."""
    calibration: Calibration = field(default_factory=Calibration)
    """Used by methods that need activations only."""

    def __post_init__(self) -> None:
        nm = parse_structure(self.structure)
        if self.sparsity is not None and not 0 <= self.sparsity < 1:
            raise RecipeError(f"sparsity {self.sparsity:g} is not a share of weights: it must be at least 0 and below 1, such as 0.5.")
        if nm is not None:
            implied = 1 - nm[0] / nm[1]
            if self.sparsity is not None and abs(self.sparsity - implied) > 1e-9:
                raise RecipeError(
                    f"structure {self.structure} removes {implied:.1%} of the weights, so sparsity {self.sparsity:g} contradicts it; leave one out."
                )
            object.__setattr__(self, "sparsity", implied)
        if self.bits is not None and self.bits not in _BITS:
            raise RecipeError(f"bits {self.bits} is not one of 8, 4, 3, 2.")
        if self.group_size is not None and self.group_size < 1:
            raise RecipeError(f"group size {self.group_size} must be at least 1.")
        _check_most(RecipeError, _MOST, group_size=self.group_size)
        if self.order not in ("layer", "block"):
            raise RecipeError(f"order {self.order!r} is neither 'layer' nor 'block'.")
        if self.is_dense and (self.sparsity is not None or self.bits is not None or self.quantizer is not None):
            raise RecipeError("a dense recipe takes neither sparsity nor bits; name a --method.")

    @property
    def is_dense(self) -> bool:
        """Return whether nothing is compressed."""
        return self.method == "dense"

    @property
    def label(self) -> str:
        """Return the short name: `dense`, `wanda-50`, `sparsegpt-2:4`, `gptq-4bit-g128`, `wanda-50+rtn-4bit`."""
        parts = [self.method]
        if self.structure != "unstructured":
            parts.append(self.structure)
        elif self.sparsity is not None:
            parts.append(f"{self.sparsity * 100:g}")
        pruned = []
        if self.quantizer is not None:
            pruned, parts = ["-".join(parts)], [self.quantizer]
        if self.bits is not None and not (parts[0] == "int8" and self.bits == 8):
            parts.append(f"{self.bits}bit")
        if self.group_size is not None:
            parts.append(f"g{self.group_size}")
        parts += ["asym"] if not self.is_symmetric else []
        parts += ["act"] if self.has_activation_order else []
        return "+".join([*pruned, "-".join(parts)])

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values; what came with a later version is left out where it says nothing, so that ids last."""
        raw = super().to_dict()
        for name in ("quantizer", "is_symmetric", "has_activation_order", "version"):
            if raw[name] == type(self).__dataclass_fields__[name].default:
                del raw[name]
        if not self.calibration.is_at_most:
            del raw["calibration"]["is_at_most"]
        return raw

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the recipe that `to_dict` wrote.

        Raises:
            ValueError: a field is unknown or of another kind.
            RecipeError: it makes no sense.
        """
        found = _RECIPE.checked(raw)
        return cls(**found | {"calibration": _CALIBRATION(found.get("calibration", {}))})


@dataclass(frozen=True, kw_only=True)
class RunSpec(_Plain):
    """One model, one recipe, one task, one data set: everything that determines a result."""

    model: str
    """`bundled:NAME`, `package:NAME`, a folder, a GGUF file, `hub:org/name@revision`, `endpoint:URL#name`, or `import:NAME` where answers came from a file."""
    model_revision: str = ""
    """Fingerprint of the weights (folder) or commit (hub); `unpinned` (endpoint), `imported`."""
    recipe: Recipe = field(default_factory=Recipe)
    """How the model is compressed."""
    task: str
    """Name in catalog.TASKS."""
    task_version: int = 1
    """Rises when the task's prompt, data or scoring changes."""
    dataset: str = "bundled"
    """`bundled`, `hub`, `hub:NAME`, or a file or folder in the official format."""
    dataset_revision: str = ""
    """Fingerprint of the data's content, or the pinned commit on the hub."""
    formulation: Formulation | None = None
    """Multiple choice only."""
    k_shot: int = 0
    """Solved examples before the question."""
    examples_revision: str = ""
    """Fingerprint of the file that solved examples were taken from, where that is not among the data itself."""
    limit: int | None = None
    """Questions asked, the first ones of the data set; None asks all."""
    temperature: float = 0.0
    """Of the tokens drawn; 0 takes the most likely one."""
    seed: int = 0
    """Seed of the tokens drawn, and of the choice of solved examples."""
    prompt: PromptForm | None = None
    """How the questions reach the model; None is the task's own form, as stored runs had it: `chat` for conversations, `plain` for all others."""
    template_date: str = ""
    """The day (YYYY-MM-DD) that a chat template which asks for the date is told; empty where none asks."""
    thinking: Thinking | None = None
    """Whether the model thinks before it answers: `off` tells its template not to, `room` gives replies more tokens for it; None is as stored runs had it."""

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise TaskError(f"limit {self.limit} asks no question; it must be at least 1, or left out to ask all.")
        if self.k_shot < 0:
            raise TaskError(f"k-shot {self.k_shot} must be 0 or more.")
        if not 0 <= self.temperature <= _HOTTEST:
            raise TaskError(f"temperature {self.temperature:g} must be 0 (always the most likely token) to {_HOTTEST:g}.")
        _check_most(TaskError, _MOST, limit=self.limit, k_shot=self.k_shot)
        _check_most(TaskError, _MOST_SEED, seed=self.seed)
        if self.formulation not in (None, "letters", "cloze"):
            raise TaskError(f"formulation {self.formulation!r} is neither 'letters' nor 'cloze'.")
        if self.prompt not in (None, "plain", "chat"):
            raise TaskError(f"prompt {self.prompt!r} is neither 'plain' nor 'chat'.")
        if self.thinking not in (None, "off", "room"):
            raise TaskError(f"thinking {self.thinking!r} is neither 'off' nor 'room'.")
        if self.template_date and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", self.template_date):
            raise TaskError(f"template date {self.template_date!r} is not a day such as 2026-01-31.")

    @property
    def run_id(self) -> str:
        """Return the hash of exactly what determines the result; equal requests are the same run.

        A recipe's calibration does not count where the recipe is dense.
        """
        raw = self.to_dict()
        if self.recipe.is_dense:
            raw["recipe"] = {"method": "dense"}
        return digest(raw)

    @property
    def compression_id(self) -> str:
        """Return the hash of model and recipe; runs that share it are compressed once."""
        recipe = {"method": "dense"} if self.recipe.is_dense else self.recipe.to_dict()
        return digest([self.model, self.model_revision, recipe])

    @property
    def comparison_id(self) -> str:
        """Return the hash of all but the recipe; dense and compressed runs that share it are comparable."""
        return digest({name: value for name, value in self.to_dict().items() if name != "recipe"})

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values; what came with a later version is left out where it says nothing, so that ids last."""
        raw = super().to_dict() | {"recipe": self.recipe.to_dict()}
        for name in ("temperature", "prompt", "template_date", "examples_revision", "thinking"):
            if not raw[name]:
                del raw[name]
        return raw

    def dense(self) -> RunSpec:
        """Return the run of the dense model on the same questions."""
        return replace(self, recipe=Recipe())

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the spec that `to_dict` wrote.

        Raises:
            ValueError: a field is missing, unknown or of another kind.
            UsageError: it makes no sense.
        """
        found = _RUN_SPEC.checked(raw)
        if not {"model", "recipe", "task"} <= found.keys():
            raise ValueError("it lacks model, recipe or task")
        return cls(**found | {"recipe": Recipe.from_dict(found["recipe"])})


@dataclass(frozen=True, kw_only=True)
class Sample(_Plain):
    """One question, as the data set has it, ready to be asked."""

    sample_id: str
    """Unique in its data set, and stable."""
    question: str
    """The bare question, for people to read."""
    turns: tuple[str, ...]
    """User messages or prompts, in order; most tasks have one. k-shot examples are already in front."""
    shots: tuple[str, ...] = ()
    """The solved examples, as they stand in the first turn one after the other."""
    subject: str = ""
    """What results are sliced by: an MMLU subject, a knowledge area, a chat category."""
    category: str = ""
    """The wider group of the subject: STEM, humanities, social sciences or other of a multiple-choice question; empty where there is none."""
    group: str = ""
    """Samples that share a group ask for one fact in several wordings; empty where a sample stands alone."""
    gold: tuple[tuple[str, ...], ...] = ()
    """Accepted answers of each turn, the preferred one first; empty where only a judge can tell."""
    choices: tuple[str, ...] = ()
    """Option texts of a multiple-choice question."""
    gold_choice: int | None = None
    """Index of the right option."""
    evidence: str = ""
    """The text shown with an open-book question, or the story to be summarised."""
    is_answer_shown: bool | None = None
    """Whether an accepted answer is mentioned in the evidence, as much of it as is shown; None where there is nothing to look in."""
    reference: str = ""
    """A reference summary or answer to compare with."""
    references: tuple[str, ...] = ()
    """The data set's reference answer to each turn, empty for a turn that has none; nothing where no turn has one."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values; what came with a later version is left out where it says nothing, so that sets of questions keep their names."""
        raw = super().to_dict()
        for name in ("category", "is_answer_shown", "references"):
            if raw[name] == type(self).__dataclass_fields__[name].default:
                del raw[name]
        return raw

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the sample that `to_dict` wrote.

        Raises:
            ValueError: a field is missing, unknown or of another kind, nothing is asked, or there is no such option as the right one.
        """
        found = _SAMPLE(raw)
        if not found.turns:
            raise ValueError("turns is empty: nothing is asked")
        if found.gold_choice is not None and found.gold_choice >= len(found.choices):
            raise ValueError(f"gold_choice is {found.gold_choice}, of {len(found.choices)} choices")
        return found  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Answer(_Plain):
    """What a model said to one turn of one sample, raw and unscored."""

    run_id: str
    """The run that asked."""
    sample_id: str
    """The sample that was asked."""
    turn: int = 0
    """Index of the turn."""
    text: str = ""
    """Generated text as it came, a reasoning model's thought left out; or the chosen option's text."""
    thought: str = ""
    """What a reasoning model wrote for itself before its answer; never scored, judged or put back into the conversation."""
    n_prompt_tokens: int = 0
    """Tokens of the prompt."""
    n_tokens: int = 0
    """Tokens generated, or tokens scored for perplexity."""
    finish: Literal["stop", "loop", "length", "scored", "overflow"] = "stop"
    """Why generation ended: `loop` where it only repeated itself; `scored` where nothing is generated; `overflow` where the prompt is too long to be asked."""
    cut: str = ""
    """What was left out of the prompt so that it fits, in a few words."""
    choice_logprobs: tuple[float, ...] = ()
    """Log-probability of each option (letters) or of its text (cloze), nats."""
    choice_lengths: tuple[int, ...] = ()
    """Characters of each option, for length normalisation."""
    gold_logprob: float | None = None
    """Log-probability of the preferred right answer after the prompt, nats; None where there is none."""
    nll: float | None = None
    """Sum of token negative log-likelihoods, nats (perplexity only)."""
    dense_n_tokens: int | None = None
    """Tokens of the dense model's answer to this turn, the end token included; this and what follows is None where it was not compared."""
    dense_n_agreed: int | None = None
    """How many of them this model would have written too, one after another, before its first different token."""
    dense_agreed_length: int | None = None
    """Characters of the dense model's answer that these tokens make."""
    dense_logprob: float | None = None
    """Log-probability this model gives to the dense model's answer, nats."""
    dense_kl: float | None = None
    """Mean over these tokens of KL(dense || this) of the next token, nats; the dense model's 32 likeliest tokens, all others as one."""
    seconds: float = 0.0
    """Wall time of the batch, divided by its size."""

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the answer that `to_dict` wrote.

        Raises:
            ValueError: a field is missing, unknown or of another kind.
        """
        return _ANSWER(raw)  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Score(_Plain):
    """One metric of one answer under one scorer; `value` None is a missing verdict, counted and shown."""

    run_id: str
    """The run of the answer."""
    sample_id: str
    """The sample of the answer."""
    turn: int = 0
    """The turn of the answer."""
    scorer: str
    """`corrected`, `paper` or `paper:NAME,...`."""
    version: int = 1
    """Rises when the scorer's rule changes."""
    metric: str
    """`exact_match`, `f1`, `accuracy`, `entities_kept`, `rouge_l`, `nll`, `unique_tokens`, ..."""
    value: float | None
    """Share 0-1 for correctness metrics; None where the answer could not be scored."""
    extracted: str = ""
    """The piece of the answer that was compared."""
    outcome: OutcomeKind = ""
    """On a task's main metric, the kind of outcome (scoring/outcomes.py): `right`, `wrong`, `empty`, `loop`, `overflow`, `unparsed`; else empty."""

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the score that `to_dict` wrote.

        Raises:
            ValueError: a field is missing, unknown or of another kind.
        """
        return _SCORE(raw)  # type: ignore[return-value]


_ANY_WHOLE = whole(-(10**40), 10**40)  # the classes have limits of their own, and tell them
_CALIBRATION = Decoder(Calibration, {"source": NAME, "revision": NAME, "n_samples": _ANY_WHOLE, "seq_len": _ANY_WHOLE, "seed": _ANY_WHOLE})
_RECIPE = Decoder(
    Recipe,
    {"method": NAME, "structure": NAME, "quantizer": optional(NAME), "bits": optional(_ANY_WHOLE), "group_size": optional(_ANY_WHOLE)},
)
_RUN_SPEC = Decoder(
    RunSpec,
    {
        **dict.fromkeys(("model", "model_revision", "task", "dataset", "dataset_revision", "examples_revision", "template_date"), NAME),
        "limit": optional(_ANY_WHOLE),
        "k_shot": _ANY_WHOLE,
        "seed": _ANY_WHOLE,
    },
)
_SAMPLE = Decoder(Sample, {"subject": NAME, "category": NAME, "group": NAME})
_ANSWER = Decoder(
    Answer,
    {
        "choice_logprobs": list_of(MEASURED),
        "seconds": number(0),
        **dict.fromkeys(("gold_logprob", "nll", "dense_logprob", "dense_kl"), optional(MEASURED)),
    },
)
_SCORE = Decoder(Score, {"scorer": NAME, "metric": NAME})
