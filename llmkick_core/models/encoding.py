"""Prompts as tokens and tokens as text, as a model's tokenizer and its chat template have them. No torch.

    encoder = PromptEncoder(tokenizer)
    encoder.encode_prompts(["The capital of Mongolia is", (Message(role="user", content="Hi"),)])  -> [[1, 57, 903, ..], [64790, 64792, ..]]
    encoder.said([151667, 11, 151668, 59604], is_opened=False)                                    -> ("Hm.", "Lyon")

Raw text gets the special tokens that the tokenizer puts in front. What a chat template wrote is all there is: it is
tokenized as `apply_chat_template(tokenize=True)` does it, nothing added and nothing taken out. The shapes of models
without a template (chat.py) are raw text.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models.base import Message, Prompt
from llmkick_core.models.chat import PAPERS_SHAPE, VICUNA, papers_prompt, vicuna_prompt
from llmkick_core.models.template import TEMPLATE_DATE, ChatTemplate, default_of, read_template, tried
from llmkick_core.models.thoughts import CHANNEL_MARKS, MARKS, is_thought_open, split_thought

_TAIL = 24  # tokens of a prompt in which a thought is begun
_END = "</s>"  # of an answer, for a tokenizer that names no end token


class PromptEncoder:
    """A tokenizer with its chat template."""

    def __init__(self, tokenizer: Any, *, unembedded: frozenset[int] = frozenset()) -> None:
        self.tokenizer = tokenizer
        """Of transformers."""
        self._unembedded = unembedded  # tokens that the model has no place for
        self._template: ChatTemplate | None = None
        self._date = TEMPLATE_DATE
        self._is_brief = False
        self._token_text: dict[int, str] = {}
        self._render = lru_cache(maxsize=512)(ChatTemplate.render)

    def pin_template(self, *, date: str = "", is_brief: bool = False) -> None:
        """Have the chat template be told a day (YYYY-MM-DD; empty is TEMPLATE_DATE), and whether replies are too short for a thought."""
        self._date, self._is_brief = date or TEMPLATE_DATE, is_brief

    @property
    def _chat_template(self) -> ChatTemplate | None:
        """Return the tokenizer's own chat template; None where conversations are put in plain text.

        Raises:
            ModelError: it cannot be used.
        """
        found = self.tokenizer.chat_template
        if not found or found == VICUNA:
            return None
        if self._template is None or self._template.text != found:
            source = f"the tokenizer of {self.tokenizer.name_or_path}"
            with contextlib.suppress(ModelError, OSError):
                read = read_template(Path(self.tokenizer.name_or_path))
                source = read.source if read else source
            text = default_of(found, source)
            self._template = tried(ChatTemplate(text=text, source=source, tokens=dict(self.tokenizer.special_tokens_map)))
            self.tokenizer.chat_template = text
        return replace(self._template, date=self._date, is_brief=self._is_brief)

    @property
    def facts(self) -> dict[str, str]:
        """Return what a reader has to know of how conversations are put."""
        try:
            template = self._chat_template
        except ModelError as error:
            return {"chat_template": str(error)}
        if template is None:
            return {"chat_template": "Vicuna v1.1" if self.tokenizer.chat_template else PAPERS_SHAPE}
        more = {"thinking": "off" if template.is_brief else "on"} if template.can_think else {}
        return {"chat_template": template.manner, **more, **({"template_date": template.date} if "strftime_now" in template.text else {})}

    def conversation(self, messages: Sequence[Message]) -> str:
        """Return the text of a conversation: by the tokenizer's chat template, Vicuna's, or the paper's `USER: .. ASSISTANT:` where it has none."""
        if template := self._chat_template:
            return self._render(template, tuple(messages))
        if self.tokenizer.chat_template:
            return vicuna_prompt(messages, end=self.tokenizer.eos_token or _END)
        return papers_prompt(messages, end=self.tokenizer.eos_token or _END)

    def _is_rendered(self, prompt: Prompt) -> bool:
        """Return whether a template has written all special tokens of a prompt."""
        return not isinstance(prompt, str) and self._chat_template is not None

    def is_opened(self, prompt: Prompt) -> bool:
        """Return whether the template has begun a thought for the reply."""
        return not isinstance(prompt, str) and self._is_rendered(prompt) and is_thought_open(self.conversation(prompt), prompt[-1].content)

    def is_open_after(self, prompt: Sequence[int]) -> bool:
        """Return whether the tokens of a prompt end in a thought that is open."""
        return is_thought_open(self._decode_marked(list(prompt[-_TAIL:])))

    def said(self, ids: Sequence[int], *, is_opened: bool) -> tuple[str, str]:
        """Return (thought, answer) of generated tokens; where there is no thought, the answer as it came."""
        marked = self._decode_marked(ids)
        thought, answer = split_thought(marked, is_opened)
        return (thought, answer) if thought or answer != marked else ("", self.decode(ids))

    def token_text(self, token: int) -> str:
        """Return one token as text."""
        if token not in self._token_text:
            self._token_text[token] = self.decode([token])
        return self._token_text[token]

    def decode(self, ids: Sequence[int]) -> str:
        """Return token ids as text, special tokens left out, spaces as they are."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    @cached_property
    def _special_ids(self) -> frozenset[int]:
        added = getattr(self.tokenizer, "added_tokens_decoder", {})
        return frozenset(self.tokenizer.all_special_ids) | {number for number, token in added.items() if token.special}

    @cached_property
    def _mark_ids(self) -> frozenset[int]:
        """Return the special tokens that mark thoughts."""
        texts = {number: str(self.tokenizer.convert_ids_to_tokens(number)) for number in self._special_ids}
        found = {number for number, text in texts.items() if MARKS.fullmatch(text)}
        if any(texts[number] == "<|channel|>" for number in found):
            found |= {number for number, text in texts.items() if text in CHANNEL_MARKS}
        return frozenset(found)

    def _decode_marked(self, ids: Sequence[int]) -> str:
        """Return token ids as text, special tokens left out but for those that mark thoughts."""
        if self._mark_ids.isdisjoint(ids):
            return self.decode(ids)
        kept = [number for number in ids if number in self._mark_ids or number not in self._special_ids]
        return str(self.tokenizer.decode(kept, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def encode_prompts(self, prompts: Sequence[Prompt], *, said: Sequence[str] = ()) -> list[list[int]]:
        """Return the tokens of each prompt, with `said` behind it where that is given; what a chat template wrote is all there is of a conversation."""
        more = said or [""] * len(prompts)
        texts = [
            (prompt if isinstance(prompt, str) else self.conversation(prompt)) + after for prompt, after in zip(prompts, more, strict=True)
        ]
        is_rendered = [self._is_rendered(prompt) for prompt in prompts]
        bare = iter(self.encode([text for text, is_one in zip(texts, is_rendered, strict=True) if is_one], is_bare=True))
        raw = iter(self.encode([text for text, is_one in zip(texts, is_rendered, strict=True) if not is_one]))
        return [next(bare if is_one else raw) for is_one in is_rendered]

    def encode(self, texts: Sequence[str], *, is_bare: bool = False) -> list[list[int]]:
        """Return the tokens of each text, with the special tokens that go before it unless `is_bare`, and none after it.

        Raises:
            ModelError: a text holds a token that the model does not embed.
        """
        if not texts:
            return []
        rows: list[list[int]] = self.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        if self._unembedded and (met := self._unembedded.intersection(chain.from_iterable(rows))):
            text = self.tokenizer.convert_ids_to_tokens(min(met))
            raise ModelError(f"a text holds {text!r}, a token that the tokenizer knows and the model does not embed; take that text out.")
        first = [] if is_bare else self._before
        return [ids if first and ids[: len(first)] == first else [*first, *ids] for ids in rows]

    @cached_property
    def _before(self) -> list[int]:
        """Return the special tokens that the tokenizer puts before a text; what it puts behind one, made for training, is left out."""
        bare, whole = (list(self.tokenizer("a", add_special_tokens=is_whole, verbose=False)["input_ids"]) for is_whole in (False, True))
        if not bare:  # it has no such letter
            return [number for number in whole[:1] if number == self.tokenizer.bos_token_id]
        places = (start for start in range(len(whole)) if whole[start : start + len(bare)] == bare)
        return whole[: next(places, 0)]

    def encode_pairs(
        self, pairs: Sequence[tuple[Prompt, str]], room: int, prefix: Sequence[int]
    ) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Return (context, continuation) as tokens, cut from the left to `room` tokens; `prefix` stands for a context without any.

        Both are tokenized together, as one text that goes on; the context's share is as many tokens as it has alone. Spaces at the end of raw text go over
        to its continuation; a conversation ends where its template ends it.
        """
        moved = [self._moved(context, said) for context, said in pairs]
        distinct = list(dict.fromkeys(context for context, _ in moved))
        alone = dict(zip(distinct, self.encode_prompts(distinct), strict=True))
        split = []
        wholes = self.encode_prompts([context for context, _ in moved], said=[after for _, after in moved])
        for (context, continuation), whole in zip(moved, wholes, strict=True):
            n_before = min(len(alone[context]), len(whole) - 1) if continuation else len(whole)
            before, after = whole[:n_before], whole[n_before:]
            if self._is_rendered(context) and before != alone[context]:  # no reply is joined to the template's last token
                before, after = alone[context], self.encode([continuation], is_bare=True)[0]
            before = before or list(prefix)
            after = after[-(room - 1) :]
            split.append((tuple(before[-(room - len(after)) :]), tuple(after)))
        return split

    def _moved(self, context: Prompt, said: str) -> tuple[Prompt, str]:
        """Return a context and what is put behind its text."""
        if isinstance(context, str):
            return context.rstrip(), context[len(context.rstrip()) :] + said
        return context, said if self.conversation(context)[-1:].isspace() else f" {said}"


class StopStrings:
    """Strings that end an answer; looks at a whole text only after a token that could have completed one. Thoughts hold none that count."""

    def __init__(self, encoder: PromptEncoder, stops: Sequence[str], *, is_chat: bool = False, is_opened: bool = False) -> None:
        self.is_opened = is_opened
        """Whether the prompts have begun a thought."""
        self._is_chat = is_chat
        self._encoder = encoder
        self._stops = [stop for stop in stops if stop]
        self._last = {stop[-1] for stop in self._stops}
        # a space may be lost, and a letter beyond ASCII split, when a token is read alone
        self._is_always = any(ord(letter) > 127 or letter == " " for letter in self._last)

    def complete(self, ids: list[int]) -> bool:
        """Return whether the tokens written so far hold a stop string."""
        if not self._stops or not (self._is_always or self._last & set(self._encoder.token_text(ids[-1]))):
            return False
        text = self._encoder.said(ids, is_opened=self.is_opened)[1]
        return len(self.cut(text)) < len(text)

    def cut(self, text: str) -> str:
        """Return the text before the first stop string; in a conversation, the space before an answer is none."""
        start = len(text) - len(text.lstrip()) if self._is_chat else 0
        return text[: min((place for stop in self._stops if (place := text.find(stop, start)) >= 0), default=len(text))]
