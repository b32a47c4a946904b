"""A Hugging Face decoder with its tokenizer, asked in text.

    model = open_model("bundled:kick-tiny")
    model.generate(["The capital of Mongolia is"], max_new_tokens=16)
    -> [Generation(text=" Ulaanbaatar", n_prompt_tokens=7, n_tokens=5, finish="stop")]

What it computes, and in which batches, is in decoder.py.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import __version__ as transformers_version

from llmkick_core import settings
from llmkick_core.errors import ModelError, PreflightError
from llmkick_core.fingerprint import digest
from llmkick_core.memory import n_cores
from llmkick_core.models.agreement import compared, traces
from llmkick_core.models.askable import open_decoder
from llmkick_core.models.base import Generation, Likelihood, Prompt, Sampling, Window, prompt_room
from llmkick_core.models.chat import VICUNA, is_vicuna
from llmkick_core.models.config import context_length, tokenizer_limit
from llmkick_core.models.decoder import T, drawn, most_likely
from llmkick_core.models.encoding import PromptEncoder, StopStrings
from llmkick_core.models.loading import load_module, load_tokenizer
from llmkick_core.models.locate import check_contents
from llmkick_core.models.pace import CPU_BATCHES, Pace
from llmkick_core.models.sequences import Rows, by_prefix, is_loop
from llmkick_core.models.source_format import source_format
from llmkick_core.models.template import read_template
from llmkick_core.models.token_counts import check_embedded
from llmkick_core.models.watch import Watch
from llmkick_core.trace import Agreement, Trace

logger = logging.getLogger(__name__)

DTYPES = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}
"""Types of weights by their names in safetensors."""

_UNKNOWN_CONTEXT = 2048
_LONGEST_ANSWER = 2**14  # tokens; no task lets one be longer
_WINDOW = 2048  # of perplexity: the field's usual one, and what logits of long contexts would take is out of reach


def choose_device(wanted: str | None = None) -> torch.device:
    """Return the device asked for, else the first CUDA device, else the CPU.

    Raises:
        ModelError: the device is not there.
    """
    name = wanted or settings.device() or ("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ModelError(f"device {name!r} is not there: torch sees no CUDA device; use cpu (LLMKICK_DEVICE).")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise ModelError(f"device {name!r} is not one of cpu, cuda, cuda:N (LLMKICK_DEVICE).") from error


def choose_dtype(device: torch.device, wanted: str | None = None) -> torch.dtype:
    """Return float32 for a CPU, where 16-bit arithmetic is slower, else what is wanted, bfloat16, or float16 on a GPU without it."""
    if device.type == "cpu":
        return torch.float32
    if wanted is not None:
        return DTYPES[wanted]
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def context_of(module: Any, tokenizer: Any) -> int:
    """Return the most tokens a model was made for: as its config says, within its tokenizer's limit; where neither says, the usual number."""
    stated = context_length(module.config.get_text_config(decoder=True).to_dict())
    return tokenizer_limit(stated, tokenizer.model_max_length) or _UNKNOWN_CONTEXT


def load(
    folder: Path, *, device: str | None = None, threads: int | None = None, dtype: str | None = None, is_asked: bool = True
) -> HuggingFaceModel:
    """Return the model in a folder of safetensors; no code that lies beside it is run. `dtype` and `is_asked` are as in `open_model`.

    Raises:
        ModelError: it cannot be loaded, weights are missing, tokenizer and embeddings do not fit together, or it cannot be asked.
        PreflightError: it would not fit into memory.
    """
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    n_threads = threads or settings.threads() or n_cores()
    if n_threads != torch.get_num_threads():
        torch.set_num_threads(n_threads)
    place = choose_device(device)
    check_contents(folder)
    tokenizer = load_tokenizer(folder)
    module, report = load_module(folder, choose_dtype(place, dtype), place)
    if missing := sorted(report["missing_keys"]):
        raise ModelError(f"the weights in {folder} lack {len(missing)} tensors, such as {missing[0]}; download the model again.")
    special = {number: token.content for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    unembedded = check_embedded(folder, len(tokenizer), special, module.get_input_embeddings().weight.shape[0])
    if not tokenizer.chat_template:
        found = read_template(folder)  # of a model that also sees images, whose tokenizer has none
        tokenizer.chat_template = found.text if found else VICUNA if is_vicuna(folder) else None
    model = HuggingFaceModel(module.to(place).eval(), tokenizer, is_asked=is_asked, unembedded=unembedded)
    if said := source_format(folder):
        model.notes["source_format"] = said
    return model


class HuggingFaceModel:
    """A decoder of transformers behind the LanguageModel protocol."""

    def __init__(self, module: torch.nn.Module, tokenizer: Any, *, is_asked: bool = True, unembedded: frozenset[int] = frozenset()) -> None:
        self.module = module
        """The decoder itself, to be compressed in place before it is asked anything."""
        self.tokenizer = tokenizer
        """Its tokenizer."""
        self.notes: dict[str, str] = {}
        """Further facts: how its weights were stored, what a compression left dense."""
        ends = getattr(getattr(module, "generation_config", None), "eos_token_id", None)
        ends = ends if isinstance(ends, list) else [ends]
        end_ids = frozenset(int(end) for end in [*ends, tokenizer.eos_token_id] if end is not None)
        first = (tokenizer.bos_token_id, tokenizer.eos_token_id)
        self._prefix = next(([int(token)] for token in first if token is not None), [])  # what stands before a text without context
        pad = None if tokenizer.pad_token_id in unembedded else tokenizer.pad_token_id
        self.encoder = PromptEncoder(tokenizer, unembedded=unembedded)
        """Turns prompts into tokens, and tokens into text."""
        if is_asked:  # else its architecture need not be one that can be
            self._decoder = open_decoder(module, pad_id=min(end_ids, default=0) if pad is None else int(pad), end_ids=end_ids)

    @property
    def context_length(self) -> int:
        """Return the most tokens a prompt and its continuation may have together."""
        return context_of(self.module, self.tokenizer)

    @property
    def batch_size(self) -> int:
        """Return how many questions are asked together: as many as take seconds rather than minutes on the device."""
        if self._decoder.device.type != "cpu":
            return 64
        return next((size for most, size in CPU_BATCHES if self._n_weights <= most), 4)

    @property
    def _n_weights(self) -> int:
        return sum(weight.numel() for weight in self.module.parameters())

    @property
    def facts(self) -> dict[str, str]:
        """Return what a reader has to know of how the model is asked."""
        return {
            **self.encoder.facts,
            "device": torch.cuda.get_device_name(self._decoder.device)
            if self._decoder.device.type == "cuda"
            else self._decoder.device.type,
            "dtype": str(next(self.module.parameters()).dtype).removeprefix("torch."),
            "n_parameters": str(self._n_weights),
            "torch": torch.__version__,
            "transformers": transformers_version,
            **self.notes,
        }

    def count_tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        """Return the tokens of each prompt, those that the tokenizer puts in front included."""
        return [len(ids) for ids in self.encoder.encode_prompts(prompts)]

    def generate(
        self, prompts: Sequence[Prompt], *, max_new_tokens: int, stop: Sequence[str] = (), sampling: Sampling | None = None
    ) -> list[Generation]:
        """Return the continuation of each prompt, in order."""
        encoded = self._prompts(prompts, max_new_tokens)
        distinct = list(dict.fromkeys(encoded))  # equal prompts continue equally
        is_chat = bool(prompts) and not isinstance(prompts[0], str)
        opened = [is_chat and self.encoder.is_opened(prompt) for prompt in prompts]
        stops = StopStrings(self.encoder, stop, is_chat=is_chat, is_opened=any(opened))

        drafts = self._decoder.watch.drafts

        def work(batch: list[int]) -> list[list[int]]:
            rows = [distinct[i] for i in batch]
            keys = [digest([row, max_new_tokens, list(stop), sampling and [sampling.temperature, sampling.seed]]) for row in rows]
            begun = [tokens if self._has_tokens(tokens) and len(tokens) <= max_new_tokens else [] for tokens in map(drafts.begun, keys)]
            seeds = [_seed(sampling.seed, row) for row in rows] if sampling else []
            choose = drawn(sampling.temperature, seeds, [*map(len, begun)]) if sampling else most_likely
            context = self._decoder.read([(*row, *tokens) for row, tokens in zip(rows, begun, strict=True)])

            def keep(written: list[list[int]]) -> None:
                drafts.keep(dict(zip(keys, written, strict=True)))

            written = self._decoder.write(context, max_new_tokens, stops.complete, choose, begun=begun, keep=keep)
            keep(written)
            return written

        written = dict(zip(distinct, self._decoder.in_batches(distinct, work), strict=True))
        return [self._generation(len(ids), written[ids], stops, is_opened=one) for ids, one in zip(encoded, opened, strict=True)]

    def traces(self, prompts: Sequence[Prompt], generations: Sequence[Generation]) -> list[Trace | None]:
        """Return what is kept of the answers; None for an answer of no tokens. `prompts` and `generations` are those of one call of `generate`."""
        encoded = [ids[-said.n_prompt_tokens :] for ids, said in zip(self._prompts(prompts), generations, strict=True)]
        found: list[Trace | None] = [None] * len(encoded)
        told = [i for i, said in enumerate(generations) if said.tokens]

        def work(batch: list[int]) -> list[Trace]:
            rows = [encoded[told[k]] for k in batch]
            return traces(self._decoder, self._decoder.read(rows), rows, [generations[told[k]].tokens for k in batch])

        for i, trace in zip(told, self._if_it_fits([encoded[i] for i in told], work) or (), strict=False):
            found[i] = trace
        return found

    def agreements(self, traces: Sequence[Trace]) -> list[Agreement | None]:
        """Return how far this model agrees with the answers of another that has the same tokenizer; None where its tokens are none of this model's."""
        usable = [i for i, trace in enumerate(traces) if self._can_read(trace)]
        if n_strange := len(traces) - len(usable):
            logger.warning("%d dense answers are kept in tokens that this model does not have, and are not compared.", n_strange)

        def work(batch: list[int]) -> list[tuple[int, float | None, float | None]]:
            asked = [traces[usable[k]] for k in batch]
            return compared(self._decoder, self._decoder.read([trace.prompt for trace in asked]), asked)

        found: list[Agreement | None] = [None] * len(traces)
        told = self._if_it_fits([traces[i].prompt for i in usable], work) or ()
        for i, (n_agreed, logprob, kl) in zip(usable, told, strict=False):
            trace = traces[i]
            text = self.encoder.said(trace.tokens[:n_agreed], is_opened=self.encoder.is_open_after(trace.prompt))[1]
            found[i] = Agreement(n_tokens=len(trace.tokens), n_agreed=n_agreed, agreed_text=text, logprob=logprob, kl=kl)
        return found

    def _has_tokens(self, tokens: Sequence[int]) -> bool:
        """Return whether all tokens are this model's."""
        return not tokens or 0 <= min(tokens) <= max(tokens) < int(self.module.get_input_embeddings().weight.shape[0])  # type: ignore[operator]

    def _can_read(self, trace: Trace) -> bool:
        """Return whether a trace, which was read from a file, fits this model: an answer may go on beyond the context, but no further than tasks let it."""
        n = len(trace.tokens)
        if not (
            0 < len(trace.prompt) <= self.context_length and 0 < n <= _LONGEST_ANSWER and len(trace.top_ids) == len(trace.top_logprobs) == n
        ):
            return False
        listed = int(trace.top_ids.min()), int(trace.top_ids.max())
        return all(map(self._has_tokens, (trace.prompt, trace.tokens, listed)))

    def _if_it_fits(self, rows: Rows, work: Callable[[list[int]], list[T]]) -> list[T] | None:
        """Return what `Decoder.in_batches` does, or None where it does not fit in memory: what is beside an answer costs no answer."""
        max_rows = self._decoder.max_rows
        try:
            return self._decoder.in_batches(rows, work)
        except PreflightError as error:
            logger.warning("%d answers are not compared token by token: %s", len(rows), error)
            return None
        finally:
            self._decoder.max_rows = max_rows

    def likelihoods(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        """Return the likelihood of each (context, continuation), in order; contexts that several share are read once, and so are long prefixes of contexts."""
        found = {i: likelihood for some in self.likelihood_batches(pairs) for i, likelihood in some.items()}
        return [found[i] for i in range(len(pairs))]

    def likelihood_batches(
        self, pairs: Sequence[tuple[Prompt, str]], is_wanted: Callable[[Collection[int]], bool] = bool
    ) -> Iterator[dict[int, Likelihood]]:
        """Yield the likelihoods of some pairs at a time, by their indices: what is computed together."""
        split = self.encoder.encode_pairs(pairs, self.context_length + 1, self._prefix)
        owners: dict[tuple[int, ...], list[int]] = {}
        for i, (before, after) in enumerate(split):
            if before and after:
                owners.setdefault(before, []).append(i)
        if nothing := [i for i, (before, after) in enumerate(split) if not (before and after)]:
            yield {i: Likelihood(logprob=0.0, n_tokens=0, n_prompt_tokens=len(split[i][0])) for i in nothing}
        contexts = list(owners)
        for n_shared, members in self._groups(contexts):
            shared, rows = contexts[members[0]][:n_shared], [contexts[k][n_shared:] for k in members]
            asked = [owners[contexts[k]] for k in members]
            work = partial(self._scores, shared, rows, [[split[i][1] for i in indices] for indices in asked])
            for batch, found in self._decoder.each_batch(rows, work, n_shared, partial(_asks, asked, is_wanted)):
                yield {
                    i: Likelihood(logprob=score, n_tokens=len(split[i][1]), n_prompt_tokens=len(split[i][0]))
                    for k, scores in zip(batch, found, strict=True)
                    for i, score in zip(asked[k], scores, strict=True)
                }

    def _groups(self, contexts: list[tuple[int, ...]]) -> list[tuple[int, list[int]]]:
        """Return the contexts by the prefix that they are read after; all by themselves where a block does not see as far back as the longest."""
        window, rope = self._decoder.window, self._decoder.rope
        if rope is not None and max(map(len, contexts), default=0) > rope.limit:
            return [(0, list(range(len(contexts))))]  # what follows a prefix may change how the prefix is read
        if window is not None and max(map(len, contexts), default=0) > window:
            return [(0, list(range(len(contexts))))]
        return by_prefix(contexts)

    def _scores(
        self, shared: tuple[int, ...], rows: Sequence[tuple[int, ...]], continuations: Sequence[Sequence[tuple[int, ...]]], batch: list[int]
    ) -> list[list[float]]:
        """Return the log-probabilities of the continuations of each row in the batch, all of which go on from the shared tokens."""
        asked = [rows[k] for k in batch]
        read = self._decoder.read_after(shared, asked) if shared else self._decoder.read(asked)
        places = [place for place, k in enumerate(batch) for _ in continuations[k]]
        scores = iter(self._decoder.score(read, places, [tokens for k in batch for tokens in continuations[k]]))
        return [[next(scores) for _ in continuations[k]] for k in batch]

    def watch(self, watch: Watch) -> None:
        """Let someone look on from now on."""
        self._decoder.watch = watch

    @property
    def pace(self) -> Pace:
        """Return how long the model is assumed to take."""
        return self._decoder.pace

    def windows(self, text: str, *, size: int | None = None) -> list[Window]:
        """Return the consecutive windows of `text`, which is tokenized once: each is the token before it and `size` tokens to score.

        Every token is scored once. The first window sees the begin token, or the end token where the tokenizer has no other; without either, the
        text's first token is not scored. These are the windows of lm_eval's rolling log-likelihoods, but that a shorter last one sees more there.
        """
        n = min(size or _WINDOW, self.context_length)
        if n < 1:
            raise ModelError(f"a window of {n} tokens holds nothing to score; it must be at least 1.")
        ids = self._prefix + self._encode([text], is_bare=True)[0]
        return [tuple(ids[start : start + n + 1]) for start in range(0, len(ids) - 1, n)]

    def window_nlls(self, windows: Sequence[Window]) -> list[tuple[float, int]]:
        """Return (sum of negative log-likelihoods, tokens scored) of each window."""
        rows = [window for window in windows if not isinstance(window, str)]
        assert len(rows) == len(windows), "windows of a server"
        return [(nll, len(row) - 1) for nll, row in zip(self._decoder.nlls(rows), rows, strict=True)]

    def _prompts(self, prompts: Sequence[Prompt], max_new_tokens: int = 0) -> list[tuple[int, ...]]:
        """Return the tokens of prompts, cut from the left to what leaves room for an answer; an empty one is the begin token."""
        room = prompt_room(self.context_length, max_new_tokens)
        return [tuple((ids or self._prefix or [0])[-room:]) for ids in self.encoder.encode_prompts(prompts)]

    def pin_template(self, *, date: str = "", is_brief: bool = False) -> None:
        """Have the chat template be told a day (YYYY-MM-DD; empty is TEMPLATE_DATE), and whether replies are too short for a thought."""
        self.encoder.pin_template(date=date, is_brief=is_brief)

    def save(self, folder: Path, *, dtype: str) -> None:
        """Write model and tokenizer as transformers reads them; the model stays in the number format it is written in.

        Args:
            folder: made where it is missing.
            dtype: `BF16`, `F16` or `F32`.
        """
        module: Any = self.module.to(DTYPES[dtype])
        module.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def decode(self, ids: Sequence[int]) -> str:
        """Return token ids as text, special tokens left out, spaces as they are."""
        return self.encoder.decode(ids)

    def _encode(self, texts: Sequence[str], *, is_bare: bool = False) -> list[list[int]]:
        return self.encoder.encode(texts, is_bare=is_bare)

    def _generation(self, n_prompt_tokens: int, ids: list[int], stops: StopStrings, *, is_opened: bool) -> Generation:
        is_ended = bool(ids) and ids[-1] in self._decoder.end_ids
        thought, text = self.encoder.said(ids[:-1] if is_ended else ids, is_opened=is_opened)
        cut = stops.cut(text)
        is_stopped = is_ended or len(cut) < len(text)
        finish: Literal["stop", "loop", "length"] = "stop" if is_stopped else "loop" if is_loop(ids) else "length"
        return Generation(text=cut, thought=thought, n_prompt_tokens=n_prompt_tokens, n_tokens=len(ids), tokens=tuple(ids), finish=finish)


def _seed(seed: int, prompt: Sequence[int]) -> int:
    """Return the seed of one prompt's draws."""
    return int.from_bytes(hashlib.sha256(f"{seed} {list(prompt)}".encode()).digest()[:8])


def _asks(asked: Sequence[Collection[int]], is_wanted: Callable[[Collection[int]], bool], batch: list[int]) -> bool:
    """Return whether a batch asks a pair that is wanted."""
    return is_wanted([i for k in batch for i in asked[k]])
