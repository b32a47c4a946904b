"""A decoder over token ids: read prompts, continue them, score continuations. No text.

Prompts are padded on the left, so that every row's next token comes from the last column. What was read is kept for a while: a task that
generates an answer and then asks how likely the right one was reads each prompt once.

Shapes: B rows of a batch, T tokens of its longest prompt, N new tokens, V vocabulary.
"""

from __future__ import annotations

import inspect
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from transformers.cache_utils import Cache

from llmkick_core.errors import ModelError, PreflightError
from llmkick_core.memory import keep_freed, total_bytes
from llmkick_core.models.cache import Context, RoomyLayer, kv_width
from llmkick_core.models.pace import pace_of
from llmkick_core.models.rope import rope_switch
from llmkick_core.models.sequences import Rows, is_loop
from llmkick_core.models.watch import Watch

if TYPE_CHECKING:
    from torch import Tensor, nn

T = TypeVar("T")

_ATTENTION_LAYERS = {"full_attention", "sliding_attention", "chunked_attention", "reference_sliding_attention"}
_KEEP_SHARE = 0.75  # finished rows leave the batch once the others are at most this share of it
_LARGEST_LOGITS = 2**27  # elements of one (B, N, V) tensor


Choose = Callable[["Tensor", list[int]], "Tensor"]
"""(logits (B, V), row of each place of the batch) -> (B,) tokens."""


def most_likely(logits: Tensor, rows: list[int]) -> Tensor:
    """Return the token of the largest logit in each row."""
    return logits.argmax(dim=-1)


def drawn(temperature: float, seeds: Sequence[int], n_before: Sequence[int]) -> Choose:
    """Return what draws tokens from softmax(logits / temperature), each row from numbers of its own: what is beside it changes nothing.

    Args:
        temperature: above 0.
        seeds: of each row.
        n_before: tokens of each row that were drawn before.
    """
    numbers = [random.Random(seed) for seed in seeds]
    for number, n in zip(numbers, n_before, strict=True):
        for _ in range(n):
            number.random()

    def choose(logits: Tensor, rows: list[int]) -> Tensor:
        shares = (logits.double() / temperature).softmax(dim=-1).cumsum(dim=-1)  # (B, V), rising to 1
        points = torch.tensor([numbers[row].random() for row in rows], dtype=torch.float64, device=logits.device)
        return torch.searchsorted(shares, points[:, None] * shares[:, -1:], right=True)[:, 0].clamp(max=logits.shape[1] - 1)

    return choose


class Decoder:
    """A causal language model of transformers, asked in batches that fit.

    Batches hold at most `max_tokens` tokens of prompts, padding included, and `max_rows` rows. Both follow from the device alone, not from what
    is free at the moment, so that the same questions make the same batches.
    """

    def __init__(self, module: nn.Module, *, pad_id: int, end_ids: frozenset[int]) -> None:
        self.module = module
        self.device = next(module.parameters()).device
        self.end_ids = end_ids
        self._pad_id = pad_id
        self._doing = ""  # told instead of the blocks
        config: Any = module.config
        self._config = config.get_text_config(decoder=True)
        odd = set(getattr(self._config, "layer_types", None) or ()) - _ATTENTION_LAYERS
        if odd:
            raise ModelError(f"{type(module).__name__} has layers of type {', '.join(sorted(odd))}; only attention decoders can be asked.")
        accepted = inspect.signature(module.forward).parameters
        self.window = _window(self._config)
        """Tokens that some block looks back at most; None where every block sees all. What is padded between a prefix and a row would take room in it."""
        self.rope = rope_switch(module, self._config)
        """Where the positions of a text change with its length; None where they do not."""
        self._takes_positions = "position_ids" in accepted
        self._takes_keep = "logits_to_keep" in accepted
        on_cpu = self.device.type == "cpu"
        if on_cpu:
            keep_freed()
        self.watch = Watch()
        n_weights = sum(weight.numel() for weight in module.parameters())
        self.pace = pace_of(n_weights=n_weights, n_layers=int(self._config.num_hidden_layers), device=self.device.type)
        """How long it is assumed to take."""
        _tell_blocks(module, int(self._config.num_hidden_layers), self._at_block)
        self.max_rows = 64 if on_cpu else 256
        self.max_tokens = min(8192 if on_cpu else 32768, max(1, total_bytes(str(self.device)) // 8 // self._bytes_per_token()))
        self._tokens_after_prefix = min(768 if on_cpu else self.max_tokens, self.max_tokens, self.pace.n_tokens)
        self._kept: OrderedDict[tuple[tuple[int, ...], ...], Context] = OrderedDict()
        self._keep_bytes = 2**29 if on_cpu else 2**31

    def batches(self, lengths: Sequence[int], n_before: int = 0) -> Iterator[list[int]]:
        """Yield positions of rows to be read together, the longest first, so that a lack of memory shows at once.

        Args:
            lengths: tokens of each row.
            n_before: tokens of a prefix that all rows go on from. What follows it is read a little at a time on a CPU, whose caches then
                hold it; without one, no more is read at a time than a few seconds take.
        """
        order = sorted(range(len(lengths)), key=lambda i: -lengths[i])  # stable: equal calls make equal batches
        start = 0
        while start < len(order):
            longest = max(1, lengths[order[start]])
            n = self.max_tokens // (n_before + longest)
            n = min(n, (self._tokens_after_prefix if n_before else self.pace.n_tokens) // longest)
            n = max(1, min(self.max_rows, n))
            if self.rope is not None and n_before + longest > self.rope.limit:
                n_beyond = sum(n_before + lengths[i] > self.rope.limit for i in order[start : start + n])
                n = 1 if self.rope.is_growing else n_beyond
            yield order[start : start + n]
            start += n

    def in_batches(self, rows: Rows, work: Callable[[list[int]], list[T]]) -> list[T]:
        """Return `work`'s result for each row, in order; batches are as in `each_batch`.

        Raises:
            PreflightError: not even one row fits.
        """
        results: dict[int, T] = {}
        for batch, found in self.each_batch(rows, work):
            results.update(zip(batch, found, strict=True))
        return [results[i] for i in range(len(rows))]

    def each_batch(
        self, rows: Rows, work: Callable[[list[int]], list[T]], n_before: int = 0, is_wanted: Callable[[list[int]], bool] = bool
    ) -> Iterator[tuple[list[int], list[T]]]:
        """Yield the positions of rows that were read together, and `work`'s result for each; a batch that does not fit in GPU memory is halved.

        Args:
            rows: tokens.
            work: what is done with a batch, told by its positions.
            n_before: as in `batches`.
            is_wanted: whether a batch is worked on at all.

        Raises:
            PreflightError: not even one row fits.
        """
        waiting = list(self.batches([len(row) for row in rows], n_before))[::-1]
        while waiting:
            batch = waiting.pop()
            if not is_wanted(batch):
                continue
            try:
                found = work(batch)
            except torch.OutOfMemoryError as error:
                self._kept.clear()
                torch.cuda.empty_cache()
                if len(batch) == 1:
                    n = n_before + len(rows[batch[0]])
                    raise PreflightError(
                        f"a prompt of {n} tokens does not fit in the memory of {self.device}; use a smaller model."
                    ) from error
                waiting += [batch[len(batch) // 2 :], batch[: len(batch) // 2]]
                self.max_rows = max(1, len(batch) // 2)
            else:
                yield batch, found

    def read(self, rows: Rows) -> Context:
        """Return prompts as read, B rows of 1 to T tokens each; the last ones read are remembered."""
        key = tuple(tuple(row) for row in rows)
        if key in self._kept:
            return self._kept[key]
        ids, mask = self._padded(rows, on_left=True)
        cache = Cache(layers=[RoomyLayer() for _ in range(self._config.num_hidden_layers)])
        logits = self._forward(ids, mask, cache, n_last=1)
        context = Context(cache=cache, mask=mask, logits=logits[:, -1].float(), rows=key)
        self._kept[key] = context
        while len(self._kept) > 1 and sum(kept.n_bytes for kept in self._kept.values()) > self._keep_bytes:
            self._kept.popitem(last=False)
        return context

    def read_after(self, prefix: Sequence[int], rows: Rows) -> Context:
        """Return prompts as read that all begin with `prefix`, which is read once and remembered; `rows` are what follows it, 1 or more tokens each."""
        begun = self.read([prefix])
        ids, mask = self._padded(rows, on_left=True)
        first = torch.zeros(len(rows), dtype=torch.int64, device=self.device)
        cache, mask = begun.fork(first), torch.cat([begun.mask[first], mask], dim=1)
        logits = self._forward(ids, mask, cache, n_last=1)
        return Context(cache=cache, mask=mask, logits=logits[:, -1].float(), rows=tuple((*prefix, *row) for row in rows))

    def forget(self) -> None:
        """Forget all prompts that were read."""
        self._kept.clear()

    def write(
        self,
        context: Context,
        max_new_tokens: int,
        is_complete: Callable[[list[int]], bool],
        choose: Choose = most_likely,
        *,
        begun: Sequence[list[int]] = (),
        keep: Callable[[list[list[int]]], None] | None = None,
    ) -> list[list[int]]:
        """Return the tokens chosen after each prompt, one after another, the end token included.

        A row ends at an end token, where `is_complete` says so of its tokens, in a loop, or at `max_new_tokens`.

        Args:
            context: prompts that were read, and after each what was begun of its answer.
            max_new_tokens: of an answer.
            is_complete: whether an answer is at its end.
            choose: takes the next tokens.
            begun: tokens of each answer that were written before; none anywhere by default.
            keep: called with what is written now and then, and when an exception ends it.
        """
        written = [list(tokens) for tokens in begun] or [[] for _ in range(len(context.mask))]

        def is_open(row: int) -> bool:
            last = written[row]
            return not last or not (last[-1] in self.end_ids or len(last) >= max_new_tokens or is_complete(last) or is_loop(last))

        def step(rows: list[int]) -> None:
            self._doing = f"token {max(len(written[row]) for row in rows) + 1} of at most {max_new_tokens}"
            if keep is not None and self.watch.drafts.is_due:
                keep(written)

        try:
            self._go_on(context, list(range(len(written))), written, is_open, choose, step)
        except BaseException:
            if keep is not None:
                keep(written)
            raise
        finally:
            self._doing = ""
        return written

    def _go_on(
        self,
        context: Context,
        rows: list[int],
        written: list[list[int]],
        is_open: Callable[[int], bool],
        choose: Choose,
        step: Callable[[list[int]], None],
    ) -> None:
        """Write more tokens of each row into `written`; `rows` says which row each place of `context` is, `step` is called before each token but the first."""
        cache, mask, logits = context.fork(), context.mask, context.logits
        read = dict(zip(rows, context.rows, strict=True))
        n_first = {row: len(written[row]) for row in rows}
        open_rows = {row for row in rows if is_open(row)}
        while open_rows:
            tokens = choose(logits, rows)  # (B,)
            for row, token in zip(rows, tokens.tolist(), strict=True):
                if row in open_rows:
                    written[row].append(token)
                    if not is_open(row):
                        open_rows.discard(row)
            keep_share = _KEEP_SHARE
            if self.rope is not None and open_rows:
                texts = {row: (*read[row], *written[row][n_first[row] :]) for row in sorted(open_rows)}
                beyond = [row for row, text in texts.items() if len(read[row]) <= self.rope.limit < len(text)]
                for some in [[row] for row in beyond] if self.rope.is_growing else [beyond] if beyond else []:
                    self._go_on(self.read([texts[row] for row in some]), some, written, is_open, choose, step)
                open_rows -= set(beyond)
                keep_share = 1 - 1e-6  # a row that ended must not grow past the limit beside the others
            if not open_rows:
                break
            if len(open_rows) <= keep_share * len(rows):
                places = torch.tensor([place for place, row in enumerate(rows) if row in open_rows], device=self.device)
                rows = [row for row in rows if row in open_rows]
                cache, mask, tokens = Cache(layers=[layer.fork(places) for layer in cache.layers]), mask[places], tokens[places]
            mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
            step(rows)
            logits = self._forward(tokens[:, None], mask, cache, n_last=1)[:, -1]

    def score(self, context: Context, owners: Sequence[int], continuations: Rows) -> list[float]:
        """Return the log-probability (nats) of each continuation after the prompt in row `owners[i]`, 1 or more tokens each."""
        found = [0.0] * len(continuations)
        for part, logits in self.read_on(context, owners, continuations):
            targets, mask = self._padded([continuations[i] for i in part], on_left=False)
            for i, logprob in zip(part, (_logprobs(logits, targets) * mask).sum(dim=1).tolist(), strict=True):
                found[i] = logprob
        return found

    def read_on(self, context: Context, owners: Sequence[int], continuations: Rows) -> Iterator[tuple[list[int], Tensor]]:
        """Yield some of the continuations at a time, as (their indices, logits (B, N, V) before each of their tokens); shorter ones are padded on the right.

        Args:
            context: prompts that were read.
            owners: the row of each continuation's prompt.
            continuations: 1 or more tokens each.
        """
        single = [i for i, tokens in enumerate(continuations) if len(tokens) == 1]
        if single:
            yield single, context.logits[[owners[i] for i in single]][:, None]
        beyond = {i for i, tokens in enumerate(continuations) if self._passes_limit(context.rows[owners[i]], tokens)}
        for i in sorted(beyond):
            yield [i], self._logits_past_limit(context, owners[i], continuations[i])
        longer = [i for i, tokens in enumerate(continuations) if len(tokens) > 1 and i not in beyond]
        longer.sort(key=lambda i: -len(continuations[i]))  # those of about one length together: less than half is padding
        while longer:
            longest = len(continuations[longer[0]])
            width = context.mask.shape[1] + longest
            # what reads the logits makes two or three more of their size
            n_alike = sum(2 * len(continuations[i]) > longest for i in longer)
            at_once = max(1, min(n_alike, self.max_tokens // width, _LARGEST_LOGITS // 4 // (longest * context.logits.shape[1])))
            part, longer = longer[:at_once], longer[at_once:]
            rows = torch.tensor([owners[i] for i in part], device=self.device)
            ids, new_mask = self._padded([continuations[i][:-1] for i in part], on_left=False)
            mask = torch.cat([context.mask[rows], new_mask], dim=1)
            logits = self._forward(ids, mask, context.fork(rows)).float()  # (B, N-1, V)
            yield part, torch.cat([context.logits[rows][:, None], logits], dim=1)

    def _passes_limit(self, row: Sequence[int], tokens: Sequence[int]) -> bool:
        """Return whether positions change while `tokens` are read after a prompt, or with each of them."""
        n_all = len(row) + len(tokens) - 1  # the last one is never fed
        return (
            self.rope is not None and n_all > self.rope.limit and len(tokens) > 1 and (self.rope.is_growing or len(row) <= self.rope.limit)
        )

    def _logits_past_limit(self, context: Context, owner: int, tokens: Sequence[int]) -> Tensor:
        """Return logits (1, N, V) before each of `tokens`: those that a text within the limit gives, then those of the text read again with other positions."""
        assert self.rope is not None, "positions change"
        row = context.rows[owner]
        n_within = max(0, self.rope.limit - len(row))  # tokens that are read before the positions change
        found = [context.logits[[owner]][:, None]]
        if n_within:
            ids, new_mask = self._padded([tokens[:n_within]], on_left=False)
            mask = torch.cat([context.mask[[owner]], new_mask], dim=1)
            found.append(self._forward(ids, mask, context.fork(torch.tensor([owner], device=self.device))).float())
        ids, mask = self._padded([[*row, *tokens[:-1]]], on_left=False)
        found.append(self._forward(ids, mask, None).float()[:, len(row) + n_within :])
        return torch.cat(found, dim=1)

    def nlls(self, rows: Rows) -> list[float]:
        """Return the summed negative log-likelihood (nats) of each row's tokens after its first."""

        def work(batch: list[int]) -> list[float]:
            longest = len(rows[batch[0]])
            at_once = max(1, _LARGEST_LOGITS // (longest * int(self._config.vocab_size)))
            at_once = max(1, min(at_once, self.pace.n_tokens // longest))
            results: list[float] = []
            for start in range(0, len(batch), at_once):
                part = [rows[i] for i in batch[start : start + at_once]]
                ids, mask = self._padded([row[:-1] for row in part], on_left=False)
                targets, _ = self._padded([row[1:] for row in part], on_left=False)
                results += (-(_logprobs(self._forward(ids, mask, None), targets) * mask).sum(dim=1)).tolist()
            return results

        fed = rows if self.rope is None else [row[:-1] for row in rows]
        return self.in_batches(fed, work)

    def _forward(self, ids: Tensor, mask: Tensor, cache: Cache | None, n_last: int = 0) -> Tensor:
        """Return logits (B, N, V) of the tokens `ids` (B, N), of the last `n_last` only where that is not 0; `mask` is (B, T + N)."""
        extra: dict[str, Any] = {}
        if self._takes_positions:
            extra["position_ids"] = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        if self.rope is not None:
            self.rope.reset()
        if self._takes_keep and n_last:
            extra["logits_to_keep"] = n_last
        with torch.inference_mode():
            out = self.module(input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=cache is not None, **extra)
        logits: Tensor = out.logits
        return logits[:, -n_last:] if n_last else logits

    def _at_block(self, index: int, n_blocks: int) -> None:
        """Tell that a forward pass is at a block."""
        self.watch.step(self._doing or f"block {index + 1} of {n_blocks}")

    def _padded(self, rows: Rows, *, on_left: bool) -> tuple[Tensor, Tensor]:
        """Return ids and mask, (B, T) int64 each."""
        longest = max(len(row) for row in rows)
        ids, mask = [], []
        for row in rows:
            padding, zeros, ones = [self._pad_id] * (longest - len(row)), [0] * (longest - len(row)), [1] * len(row)
            ids.append([*padding, *row] if on_left else [*row, *padding])
            mask.append(zeros + ones if on_left else ones + zeros)
        return torch.tensor(ids, device=self.device), torch.tensor(mask, device=self.device)

    def _bytes_per_token(self) -> int:
        """Return the bytes that keys and values of one token take in all blocks."""
        config = self._config
        layers = config.per_layer_config if getattr(config, "is_heterogeneous", False) else [config] * int(config.num_hidden_layers)
        return 2 * sum(map(kv_width, layers)) * next(self.module.parameters()).element_size()


def _tell_blocks(module: nn.Module, n_blocks: int, tell: Callable[[int, int], None]) -> None:
    """Have `tell` called with (index, blocks) as each decoder block of a forward pass begins; never where the blocks are not found."""
    lists = (part for part in module.modules() if isinstance(part, torch.nn.ModuleList) and len(part) == n_blocks)
    for index, block in enumerate(next(lists, ())):
        block.register_forward_pre_hook(lambda *_, index=index: tell(index, n_blocks))


def _window(config: Any) -> int | None:
    """Return the tokens that the nearest-sighted block of a decoder sees; None where every block sees all."""
    kinds = getattr(config, "layer_types", None)
    if kinds is not None and all(kind == "full_attention" for kind in kinds):
        return None
    sizes = [getattr(config, name, None) for name in ("sliding_window", "attention_chunk_size")]
    return min((int(size) for size in sizes if size), default=None)


def _logprobs(logits: Tensor, targets: Tensor) -> Tensor:
    """Return (B, N) float32 log-probabilities of `targets` (B, N) under `logits` (B, N, V)."""
    logits = logits.float()
    chosen = logits.gather(-1, targets[..., None])[..., 0]
    return chosen - logits.logsumexp(dim=-1)
