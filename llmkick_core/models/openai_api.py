"""A model behind an OpenAI-compatible server (vLLM, Ollama, `transformers serve`, OpenAI), asked in text. No torch.

    model = connect("endpoint:http://localhost:8000/v1#llama")
    model.generate(["The capital of Mongolia is"], max_new_tokens=16)
    -> [Generation(text=" Ulaanbaatar", n_prompt_tokens=7, n_tokens=5, finish="stop")]

Before the first question a few requests of one token find out what the server can do, and `facts` tell it: whether it continues raw text or takes
conversations only, and whether it tells how likely a text is. In order: it echoes the prompt with log-probabilities (vLLM), it lists the likeliest first tokens,
which is enough for letters, or neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from llmkick_core import settings
from llmkick_core.errors import EndpointError, NoLikelihoodsError
from llmkick_core.models import replies
from llmkick_core.models.base import Generation, Likelihood, Prompt, Sampling, Window
from llmkick_core.models.failures import MalformedReplyError, Refusal
from llmkick_core.models.locate import split_endpoint
from llmkick_core.models.pace import AT_ONCE, Pace
from llmkick_core.models.server import Server
from llmkick_core.models.watch import Watch
from llmkick_core.trace import Agreement, Trace

T = TypeVar("T")

_PROBE = "A B C"
_PROBE_TRIES = 2
_CANNOT = (200, 400, 404, 405, 422, 500, 501)  # what servers answer to words they do not know; 200 with what is no answer
_NO_ROUTE = (200, 404, 405)  # that tell least of what is wrong
_LISTED = (20, 5)  # alternatives of a token: vLLM's most, OpenAI's most of /completions
_MOST_STOPS = 4  # that OpenAI takes
_WINDOW = 2048
_CHARACTERS_A_TOKEN = 3  # of a window of plain text, so that it rarely is too long
_SHORTEST_WINDOW = 16  # characters
_MOST_CUTS = 12
_UNTOLD = replies.Echo(tokens=(), logprobs=())  # of a text that a content policy refuses
_BATCH = 4  # questions asked together, for each request at a time: few wait for the last
_WAYS = {
    "echo": "log-probabilities of the prompt echoed by the server",
    "top": "top log-probabilities",
    "none": "the letter parsed from the reply",
}


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """What a server can do for a model."""

    has_completions: bool
    """Whether it continues raw text; else it takes conversations only."""
    likelihoods: Literal["echo", "top", "none"]
    """How it tells how likely a text is."""
    n_listed: int = 0
    """Alternatives of a token that it lists, at most."""
    limit: str = "max_tokens"
    """Its word for the limit of a conversation's reply."""


def connect(model: str, **options: Any) -> EndpointModel:
    """Return the model of an endpoint's words, after finding out what its server can do; `options` are those of `Server`.

    Raises:
        ModelError: the words are no endpoint's.
        EndpointError: the server is not there, wants another API key, or does not know the model.
    """
    url, name = split_endpoint(model)
    server = Server(url, **options)
    try:
        try:
            known = server.get("/models", replies.served, n_tries=1)
        except Refusal:
            known = {}  # not every server lists its models
        return EndpointModel(server, name, _abilities(server, name, known), known.get(name) or settings.endpoint_context())
    except BaseException:
        server.close()
        raise


def _abilities(server: Server, name: str, known: Mapping[str, int | None]) -> Abilities:
    """Return what a server can do.

    Raises:
        EndpointError: it does nothing for this model.
    """
    refusals: list[Refusal] = []

    def asked(path: str, read: Callable[[dict[str, Any]], T], **body: Any) -> T | None:
        try:
            return server.post(path, {"model": name, "temperature": 0, **body}, read, n_tries=_PROBE_TRIES)
        except Refusal as refusal:
            if refusal.status not in _CANNOT:
                raise
            refusals.append(refusal)
            return None

    raw: dict[str, Any] = {"prompt": _PROBE, "max_tokens": 1}
    if asked("/completions", replies.has_choice, **raw):
        if asked("/completions", _has_echo, **raw, echo=True, logprobs=1):
            return Abilities(has_completions=True, likelihoods="echo")
        for n_listed in _LISTED:
            if asked("/completions", _has_alternatives, **raw, logprobs=n_listed):
                return Abilities(has_completions=True, likelihoods="top", n_listed=n_listed)
        return Abilities(has_completions=True, likelihoods="none")
    for limit in ("max_tokens", "max_completion_tokens"):
        chat: dict[str, Any] = {"messages": [{"role": "user", "content": _PROBE}], limit: 1}
        if asked("/chat/completions", replies.has_choice, **chat):
            n_listed = _LISTED[0]
            if asked("/chat/completions", _has_alternatives, **chat, logprobs=True, top_logprobs=n_listed):
                return Abilities(has_completions=False, likelihoods="top", n_listed=n_listed, limit=limit)
            return Abilities(has_completions=False, likelihoods="none", limit=limit)
    told = min(refusals, key=lambda one: one.status in _NO_ROUTE, default=None)
    why = f"{told.status} {told.reason}" if told else "its replies hold no choices"
    lists = f" It lists {', '.join(sorted(known)[:10])}." if known and name not in known else ""
    raise EndpointError(f"{server.url} does not answer as the model {name!r}: {why}.{lists}")


def _has_echo(reply: Mapping[str, Any]) -> bool:
    try:
        said = replies.echo(reply, _PROBE)
        return len(said.tokens) > 1 and said.sum_from(1)[1] > 0
    except MalformedReplyError:
        return False


def _has_alternatives(reply: Mapping[str, Any]) -> bool:
    try:
        return len(replies.alternatives(reply)) > 1
    except MalformedReplyError:
        return False


class EndpointModel:
    """A model behind a server, behind the LanguageModel protocol; `connect` makes one."""

    def __init__(self, server: Server, name: str, abilities: Abilities, context_length: int) -> None:
        self.server = server
        """How it is spoken to."""
        self.abilities = abilities
        """What it can do."""
        self._name = name
        self._context_length = context_length

    def close(self) -> None:
        """Close the connections; nothing can be asked after it."""
        self.server.close()

    @property
    def context_length(self) -> int:
        """Return the most tokens a prompt and its continuation may have together: as the server says, else `LLMKICK_ENDPOINT_CONTEXT`."""
        return self._context_length

    @property
    def batch_size(self) -> int:
        """Return how many questions are asked together: a few for each request at a time."""
        return _BATCH * self.server.concurrency

    @property
    def facts(self) -> dict[str, str]:
        """Return what a reader has to know of how the model is asked."""
        return {
            "chat_template": "the server's own",
            "prompts": "as raw text" if self.abilities.has_completions else "as chat messages, because the server has no /completions",
            "multiple_choice": _WAYS[self.abilities.likelihoods],
            "server": self.server.url,
        }

    def pin_template(self, *, date: str = "", is_brief: bool = False) -> None:
        """Do nothing: the template is the server's."""

    def count_tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        """Return the tokens of each prompt: a quarter of its characters, the field's guess, where that is far below the context; else the server's count.

        A prompt that the server finds too long counts as at least one token more than it can read.
        """
        guesses = [replies.guess_tokens(_n_characters(prompt)) for prompt in prompts]
        doubtful = [prompt for prompt, guess in zip(prompts, guesses, strict=True) if 2 * guess >= self._context_length]
        distinct = list(dict.fromkeys(doubtful))
        counts = dict(zip(distinct, self.server.together(self._count, distinct), strict=True))
        return [counts.get(prompt, guess) for prompt, guess in zip(prompts, guesses, strict=True)]

    def generate(
        self, prompts: Sequence[Prompt], *, max_new_tokens: int, stop: Sequence[str] = (), sampling: Sampling | None = None
    ) -> list[Generation]:
        """Return the continuation of each prompt, in order; what finish reasons become is told by `replies.generation`.

        Raw text that the server finds too long is cut from the left, keeping its end. What a content policy refuses is answered by nothing.
        """
        n_new = min(max_new_tokens, max(1, self._context_length // 2))
        more: dict[str, Any] = {"temperature": sampling.temperature, "seed": sampling.seed} if sampling else {"temperature": 0}

        def ask(prompt: Prompt) -> Generation:
            # a thought is full of lines: what ends an answer is looked for in the answer of a conversation, not by the server in all that comes
            ends = {"stop": list(stop[:_MOST_STOPS])} if stop and isinstance(prompt, str) and self.abilities.has_completions else {}

            def read(reply: dict[str, Any]) -> Generation:
                said = replies.generation(reply, n_prompt_characters=_n_characters(prompt), max_new_tokens=n_new, stop=stop)
                # a key that a server splits over the parts of a message is whole only here
                return replace(said, text=self.server.without_key(said.text), thought=self.server.without_key(said.thought))

            nothing = Generation(text="", n_prompt_tokens=replies.guess_tokens(_n_characters(prompt)), n_tokens=0, finish="stop")
            return self._ask(prompt, read, n_new=n_new, is_cut=True, refused=nothing, **more, **ends)

        distinct = list(dict.fromkeys(prompts))  # equal prompts continue equally
        said = dict(zip(distinct, self.server.together(ask, distinct), strict=True))
        return [said[prompt] for prompt in prompts]

    def traces(self, prompts: Sequence[Prompt], generations: Sequence[Generation]) -> list[Trace | None]:
        """Return nothing for each answer: a server does not tell enough."""
        return [None] * len(prompts)

    def agreements(self, traces: Sequence[Trace]) -> list[Agreement | None]:
        """Return nothing for each: a server does not read another's tokens."""
        return [None] * len(traces)

    def likelihoods(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        """Return the likelihood of each (context, continuation), in order.

        Where the server lists the likeliest first tokens only, continuations have to be single letters. A letter that is not listed has the least listed
        log-probability, an upper bound; where no letter of a context is listed, or a content policy refuses the text, nothing is known of them: NaN.

        Raises:
            NoLikelihoodsError: the server cannot tell.
        """
        way = self.abilities.likelihoods
        raw = [(context, said) for context, said in pairs if isinstance(context, str)]
        if way == "echo" and len(raw) == len(pairs):
            return self._echoed(raw)
        if way == "top" and len(raw) == len(pairs) and all(len(said.strip()) == 1 for _, said in raw):
            return self._letters(raw)
        raise NoLikelihoodsError(
            f"{self.server.url} does not tell how likely a given text is "
            f"({'only the likeliest first tokens' if way == 'top' else 'of a conversation' if way == 'echo' else 'no log-probabilities'})."
        )

    def likelihood_batches(
        self, pairs: Sequence[tuple[Prompt, str]], is_wanted: Callable[[Collection[int]], bool] = bool
    ) -> Iterator[dict[int, Likelihood]]:
        """Yield the likelihoods of all pairs together, by their indices."""
        if is_wanted(range(len(pairs))):
            yield dict(enumerate(self.likelihoods(pairs)))

    @property
    def pace(self) -> Pace:
        """Return nothing known: a server has its own."""
        return AT_ONCE

    def watch(self, watch: Watch) -> None:
        """Let someone look on from now on, and stop what is asked."""
        self.server.step = watch.step

    def windows(self, text: str, *, size: int | None = None) -> list[Window]:
        """Return the consecutive windows of `text`.

        Without a tokenizer windows are cut between words, at about three characters a token. A window sees nothing of the one before, and its first
        token is scored only where the server puts a begin token before it: perplexity is a little above what local windows give.

        Raises:
            NoLikelihoodsError: the server does not echo prompts with their log-probabilities.
        """
        if self.abilities.likelihoods != "echo":
            raise NoLikelihoodsError(
                f"perplexity needs the log-probabilities of a whole text, and {self.server.url} does not echo them; "
                "ask a server that does (vLLM), or name the model's folder or hub:org/name@revision."
            )
        n = max(2, min(size or _WINDOW, self._context_length - 1))
        return [*_pieces(text, n * _CHARACTERS_A_TOKEN)]

    def window_nlls(self, windows: Sequence[Window]) -> list[tuple[float, int]]:
        """Return (sum of negative log-likelihoods, tokens scored) of each window; one that is too long for the server is asked in halves."""
        return self.server.together(self._window, [window for window in windows if isinstance(window, str)])

    def _ask(
        self,
        prompt: Prompt,
        read: Callable[[dict[str, Any]], T],
        *,
        n_new: int,
        is_cut: bool = False,
        refused: T | None = None,
        **more: Any,
    ) -> T:
        """Return what `read` makes of the reply to a prompt, which is cut from the left as often as it is too long where `is_cut`.

        Where a content policy refuses the prompt, `refused` stands for it, if there is one.
        """
        for _ in range(_MOST_CUTS):
            if isinstance(prompt, str) and self.abilities.has_completions:
                path, body = "/completions", {"prompt": prompt, "max_tokens": n_new}
            else:
                path, body = "/chat/completions", {"messages": _messages(prompt), self.abilities.limit: n_new}
            try:
                return self.server.post(path, {"model": self._name, **body, **more}, read)
            except Refusal as refusal:
                if refusal.is_policy and refused is not None:
                    return refused
                if not (is_cut and isinstance(prompt, str) and len(prompt) > 1 and refusal.is_too_long):
                    raise
                prompt = prompt[len(prompt) // 4 :]
        raise EndpointError(f"{self.server.url} finds a prompt of {_n_characters(prompt)} characters still too long; see what it can read.")

    def _count(self, prompt: Prompt) -> int:
        """Return the tokens of a prompt as the server counts them, asked for one more token."""
        guess = replies.guess_tokens(_n_characters(prompt))
        try:
            return self._ask(
                prompt, lambda reply: replies.prompt_tokens(reply, _n_characters(prompt)), n_new=1, refused=guess, temperature=0
            )
        except Refusal as refusal:
            if not refusal.is_too_long:
                raise
            return max(guess, self._context_length + 1)

    def _echo(self, text: str, *, refused: replies.Echo | None = None) -> replies.Echo:
        """Return a text as the server's tokenizer cuts it, with the log-probabilities of its tokens; `refused` is as in `_ask`."""
        return self._ask(text, lambda reply: replies.echo(reply, text), n_new=1, refused=refused, temperature=0, echo=True, logprobs=1)

    def _echoed(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        """Return the likelihoods of continuations from echoes of the wholes, which are split as local models split them.

        A context has as many tokens as it has alone; where the echo of the whole does not show how many that is, it is asked for alone, once.
        """

        def told(texts: Sequence[str]) -> dict[str, replies.Echo]:
            return dict(zip(texts, self.server.together(lambda text: self._echo(text, refused=_UNTOLD), texts), strict=True))

        split = [(context.rstrip(), context + continuation) for context, continuation in pairs]
        said = told(list(dict.fromkeys(whole for _, whole in split)))
        starts = {(context, whole): said[whole].start_of(context, whole) for context, whole in split}
        hidden = list(dict.fromkeys(context for (context, _), start in starts.items() if start is None and context))
        alone = {context: len(one.tokens) for context, one in told(hidden).items()}
        likelihoods = []
        for context, whole in split:
            if not said[whole].tokens or alone.get(context) == 0:  # refused
                likelihoods.append(Likelihood(logprob=math.nan, n_tokens=0, n_prompt_tokens=replies.guess_tokens(len(context))))
                continue
            start = starts[context, whole]
            start = min(alone.get(context, 0), len(said[whole].tokens) - 1) if start is None else start
            logprob, n_tokens = said[whole].sum_from(start)
            likelihoods.append(Likelihood(logprob=logprob, n_tokens=n_tokens, n_prompt_tokens=start))
        return likelihoods

    def _letters(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        """Return the likelihoods of single letters, each context asked once."""
        n_listed = self.abilities.n_listed
        more: dict[str, Any] = (
            {"logprobs": n_listed} if self.abilities.has_completions else {"logprobs": True, "top_logprobs": n_listed}
        ) | {"temperature": 0}

        def ask(context: str) -> tuple[dict[str, float], int]:
            def read(reply: dict[str, Any]) -> tuple[dict[str, float], int]:
                return replies.alternatives(reply), replies.prompt_tokens(reply, _n_characters(context))

            nothing: tuple[dict[str, float], int] = {}, replies.guess_tokens(_n_characters(context))
            return self._ask(context, read, n_new=1, refused=nothing, **more)

        letters: dict[str, list[str]] = {}
        for context, said in pairs:
            letters.setdefault(context, []).append(said.strip())
        found = dict(zip(letters, self.server.together(ask, list(letters)), strict=True))
        known = {
            context: {letter: replies.letter_logprob(listed, letter) for letter in letters[context]}
            for context, (listed, _) in found.items()
        }
        likelihoods = []
        for context, said in pairs:
            listed, n_prompt_tokens = found[context]
            logprob = known[context][said.strip()]
            if logprob is None:  # just below the least, so that no letter that is listed ties with it
                is_any = any(one is not None for one in known[context].values())
                logprob = math.nextafter(min(listed.values()), -math.inf) if is_any else math.nan
            likelihoods.append(Likelihood(logprob=logprob, n_tokens=1, n_prompt_tokens=n_prompt_tokens))
        return likelihoods

    def _window(self, text: str) -> tuple[float, int]:
        """Return (nll, tokens) of a piece of text, of its two halves together where it is too long for the server."""
        try:
            logprob, n_tokens = self._echo(text).sum_from(0)
        except Refusal as refusal:
            if len(text) < _SHORTEST_WINDOW or not refusal.is_too_long:
                raise
            halves = [self._window(piece) for piece in _pieces(text, len(text) // 2 + 1)]
            return sum(nll for nll, _ in halves), sum(n for _, n in halves)
        return -logprob, n_tokens


def _messages(prompt: Prompt) -> list[dict[str, str]]:
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    return [{"role": message.role, "content": message.content} for message in prompt]


def _n_characters(prompt: Prompt) -> int:
    return len(prompt) if isinstance(prompt, str) else sum(len(message.content) for message in prompt)


def _pieces(text: str, size: int) -> list[str]:
    """Return consecutive pieces of at most `size` characters that make up a text, cut before the last space that fits."""
    pieces = []
    while len(text) > size:
        place = text.rfind(" ", 1, size + 1)
        place = place if place > 0 else size
        pieces.append(text[:place])
        text = text[place:]
    return [*pieces, text] if text else pieces
