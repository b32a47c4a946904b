"""Prompts as tokens: conversations as apply_chat_template has them, raw text with what stands in front, thoughts told apart."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.errors import ModelError
from llmkick_core.models.base import Message
from llmkick_core.models.encoding import PromptEncoder, StopStrings
from llmkick_core.models.hugging_face import HuggingFaceModel, load
from tests.models.chat_templates import FAMILIES, LLAMA_3, QWEN_3

TALK = (
    Message(role="user", content="Where is Oslo?"),
    Message(role="assistant", content="In Norway."),
    Message(role="user", content="And Lyon? "),
)
MARKS = ["<s>", "</s>", "[gMASK]", "<sop>", "[THINK]", "[/THINK]", "<|channel|>", "<|message|>", "<|start|>", "<|end|>", "[SEP]"]


def tokenizer(template: str = "", *, after: str = "<s> $A", end: str | None = "</s>") -> Any:
    """Return a tokenizer over letters whose special tokens go around a text as `after` says."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate([*MARKS, *alphabet])}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens(MARKS)
    inner.post_processor = processors.TemplateProcessing(single=after, special_tokens=[(mark, i) for i, mark in enumerate(MARKS)])
    names = {"bos_token": "<s>"} | ({"eos_token": end} if end else {})
    made = PreTrainedTokenizerFast(tokenizer_object=inner, **names)
    made.chat_template = template or None
    return made


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("after", ["$A", "<s> $A", "<s> $A </s>", "[gMASK] <sop> $A", "$A [SEP]"])
@pytest.mark.parametrize("n_turns", [1, 3])
def test_a_conversation_has_the_tokens_of_apply_chat_template(family: str, after: str, n_turns: int):
    made = tokenizer(FAMILIES[family], after=after)
    encoder = PromptEncoder(made)
    turns = [{"role": one.role, "content": one.content} for one in TALK[:n_turns]]
    if family == "llama":
        encoder.pin_template(date="2025-02-03")
        made.chat_template = LLAMA_3.replace('strftime_now("%d %b %Y")', '"03 Feb 2025"')
    expected = made.apply_chat_template(turns, add_generation_prompt=True, tokenize=True, return_dict=False)
    made.chat_template = FAMILIES[family]
    assert encoder.encode_prompts([TALK[:n_turns]]) == [expected]


def test_raw_text_has_all_that_goes_in_front_once_and_nothing_behind():
    def ids(text: str, after: str) -> list[str]:
        made = tokenizer(after=after)
        return made.convert_ids_to_tokens(PromptEncoder(made).encode_prompts([text])[0])

    assert ids("ab", "<s> $A") == ids("<s>ab", "<s> $A") == ids("ab", "<s> $A </s>") == ["<s>", "a", "b"]
    assert ids("ab", "[gMASK] <sop> $A") == ids("[gMASK]<sop>ab", "[gMASK] <sop> $A") == ["[gMASK]", "<sop>", "a", "b"]
    assert ids("ab", "$A [SEP]") == ids("ab", "$A") == ["a", "b"]
    assert ids("ab</s>", "<s> $A </s>") == ["<s>", "a", "b", "</s>"]
    assert ids("", "<s> $A </s>") == ["<s>"]


def test_the_papers_words_are_raw_text():
    made = tokenizer(after="[gMASK] <sop> $A")
    [ids] = PromptEncoder(made).encode_prompts([TALK[:1]])
    assert made.decode(ids) == "[gMASK]<sop>USER: Where is Oslo? ASSISTANT:"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_reply_follows_exactly_what_the_template_wrote(family: str):
    encoder = PromptEncoder(tokenizer(FAMILIES[family]))
    [context] = encoder.encode_prompts([TALK])
    [(before, after)] = encoder.encode_pairs([(TALK, "Bergen")], 10_000, [])
    assert list(before) == context
    assert encoder.decode(after).strip() == "Bergen"


def test_spaces_at_the_end_of_raw_text_go_over_to_what_follows():
    encoder = PromptEncoder(tokenizer())
    [(before, after), (_, whole)] = encoder.encode_pairs([("ab ", "c"), ("ab", " c")], 100, [])
    assert (encoder.decode(before), encoder.decode(after)) == ("ab", " c")
    assert after == whole


def test_a_long_context_keeps_its_end():
    encoder = PromptEncoder(tokenizer())
    [(before, after)] = encoder.encode_pairs([("x" * 50 + "yz", "abc")], 8, [])
    assert (encoder.decode(before), encoder.decode(after)) == ("xxxyz", "abc")


def test_thoughts_are_seen_though_their_marks_are_special_tokens():
    made = tokenizer()
    encoder = PromptEncoder(made)

    def said(text: str) -> tuple[str, str]:
        return encoder.said(made(text, add_special_tokens=False)["input_ids"], is_opened=False)

    assert said("[THINK]Oslo?[/THINK]Bergen") == ("Oslo?", "Bergen")
    assert said("[THINK]Oslo?") == ("Oslo?", "")
    channels = "<|channel|>analysis<|message|>Oslo?<|end|><|start|>assistant<|channel|>final<|message|>Bergen"
    assert said(channels) == ("Oslo?", "Bergen")
    assert said(" Bergen[SEP]") == ("", " Bergen")
    assert said(" Bergen[/") == ("", " Bergen[/")


def test_what_ends_an_answer_ends_no_thought():
    made = tokenizer()
    stops = StopStrings(PromptEncoder(made), ("\n",), is_chat=True)

    def is_over(text: str, at: StopStrings = stops) -> bool:
        return at.complete(made(text, add_special_tokens=False)["input_ids"])

    assert [is_over(text) for text in ("<think>\n", "<think>\nOslo?\n</think>\n\n", "<think>Oslo?</think>\nBergen\n")] == [
        False,
        False,
        True,
    ]
    assert not is_over("\n")  # before the answer of a conversation
    opened = StopStrings(PromptEncoder(made), ("\n",), is_chat=True, is_opened=True)
    assert [is_over(text, opened) for text in ("Oslo?\n", "Oslo?</think>\nBergen\n")] == [False, True]
    assert is_over("Bergen\n", StopStrings(PromptEncoder(made), ("\n",)))


def test_a_model_says_how_conversations_are_put():
    made = tokenizer(QWEN_3)
    encoder = PromptEncoder(made)
    assert encoder.facts == {"chat_template": "the tokenizer's own", "thinking": "on"}
    encoder.pin_template(is_brief=True)
    assert encoder.facts["thinking"] == "off"
    assert encoder.conversation(TALK[:1]).endswith("<think>\n\n</think>\n\n")
    assert PromptEncoder(tokenizer()).facts == {"chat_template": "the paper's USER: .. ASSISTANT:"}


def test_of_several_templates_the_default_one_is_taken():
    made = tokenizer()
    made.chat_template = {"default": FAMILIES["chatml"], "tool_use": "T"}
    expected = PromptEncoder(tokenizer(FAMILIES["chatml"])).encode_prompts([TALK])
    assert PromptEncoder(made).encode_prompts([TALK]) == expected
    made.chat_template = {"rag": "R", "tool_use": "T"}
    with pytest.raises(ModelError, match="named rag, tool_use"):
        PromptEncoder(made).encode_prompts([TALK])


@pytest.fixture(scope="module")
def thinker(tiny_llama_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> HuggingFaceModel:
    """Return a model whose template has begun a thought for every reply."""
    folder = Path(shutil.copytree(tiny_llama_folder, tmp_path_factory.mktemp("thinker") / "model"))
    (folder / "chat_template.jinja").write_text("{% for m in messages %}{{ m.content }}{% endfor %}<think>\n")
    return load(folder, device="cpu")


def test_a_reply_that_never_ends_its_thought_is_all_thought(thinker: HuggingFaceModel):
    (raw,) = thinker.generate(["gold<think>"], max_new_tokens=8)
    (said,) = thinker.generate([(Message(role="user", content="gold"),)], max_new_tokens=8, stop=("o",))
    assert (said.text, said.finish, said.n_tokens) == ("", "length", 8)
    assert said.thought == thinker.decode(said.tokens).strip()
    assert raw.n_prompt_tokens == said.n_prompt_tokens + 1  # the begin token, which this template does not write


def test_agreement_counts_the_letters_of_the_answer_alone(thinker: HuggingFaceModel):
    prompts = [(Message(role="user", content="gold"),)]
    (trace,) = thinker.traces(prompts, thinker.generate(prompts, max_new_tokens=8))
    assert trace is not None
    (agreement,) = thinker.agreements([trace])
    assert agreement is not None
    assert (agreement.n_agreed, agreement.agreed_text) == (8, "")
