from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from llmkick_core.errors import ModelError, PreflightError
from llmkick_core.models.base import Message
from llmkick_core.models.chat import VICUNA
from llmkick_core.models.encoding import StopStrings
from llmkick_core.models.hugging_face import HuggingFaceModel, load
from llmkick_core.models.sequences import by_prefix, is_loop

PROMPTS = [
    "Q: Which river flows through Cairo?\nA:",
    "gold",
    "Please give answer to this question: What is the capital of Mongolia? The answer is",
    "Oxygen has the symbol",
    "gold",
    "",
]


@pytest.fixture(scope="module", params=["tiny_llama_folder", "tiny_qwen2_folder"])
def model(request: pytest.FixtureRequest) -> HuggingFaceModel:
    return load(request.getfixturevalue(request.param), device="cpu")


@pytest.fixture(scope="module")
def llama(tiny_llama_folder: Path) -> HuggingFaceModel:
    return load(tiny_llama_folder, device="cpu")


@pytest.fixture(scope="module")
def qwen(tiny_qwen2_folder: Path) -> HuggingFaceModel:
    return load(tiny_qwen2_folder, device="cpu")


def naive_logprobs(model: HuggingFaceModel, ids: list[int]) -> torch.Tensor:
    """Return (T - 1,) float64 log-probabilities of ids[1:], one prefix at a time, without cache, mask or batch."""
    twin = model.module.double()
    try:
        with torch.inference_mode():
            rows = [twin(input_ids=torch.tensor([ids[:end]])).logits[0, -1].log_softmax(-1)[ids[end]] for end in range(1, len(ids))]
    finally:
        model.module.float()
    return torch.stack(rows)


def naive_ids(model: HuggingFaceModel, text: str) -> list[int]:
    first = model.tokenizer.bos_token_id
    ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids if first is None else [first, *ids]


def naive_greedy(model: HuggingFaceModel, prompt: str, n: int) -> list[int]:
    ids = naive_ids(model, prompt) or [model.tokenizer.eos_token_id]
    written: list[int] = []
    with torch.inference_mode():
        for _ in range(n):
            written.append(int(model.module(input_ids=torch.tensor([ids + written])).logits[0, -1].argmax()))
            if written[-1] == model.tokenizer.eos_token_id:
                break
    return written


def test_a_batch_continues_like_each_prompt_alone_without_cache_or_padding(model: HuggingFaceModel):
    batched = model.generate(PROMPTS, max_new_tokens=12)
    for prompt, got in zip(PROMPTS, batched, strict=True):
        ids = naive_greedy(model, prompt, 12)
        assert got.n_tokens == len(ids)
        ended = ids[-1] == model.tokenizer.eos_token_id
        assert got.text == model.decode(ids[:-1] if ended else ids)
        assert got.finish == ("stop" if ended else "length")
        assert got.n_prompt_tokens == max(1, len(naive_ids(model, prompt)))


def test_rows_that_end_early_leave_the_batch_and_change_nothing(model: HuggingFaceModel):
    whole = model.generate(PROMPTS, max_new_tokens=80)
    letters = [g.text[i] for g in whole for i in (2, 5) if len(g.text) > 5]
    stopped = model.generate(PROMPTS, max_new_tokens=80, stop=letters[:3])
    assert {g.finish for g in stopped} >= {"stop"}
    for full, cut in zip(whole, stopped, strict=True):
        places = [p for letter in letters[:3] if (p := full.text.find(letter)) >= 0]
        assert cut.text == (full.text[: min(places)] if places else full.text)
        assert cut.n_tokens <= full.n_tokens


def test_a_stop_string_that_spans_tokens_is_found(llama: HuggingFaceModel):
    full = llama.generate(["gold"], max_new_tokens=20)[0].text
    stop = full[3:9]
    got = llama.generate(["gold"], max_new_tokens=20, stop=(stop,))[0]
    assert (got.text, got.finish) == (full[: full.index(stop)], "stop")


def test_an_end_token_ends_the_answer_and_is_not_part_of_it(llama: HuggingFaceModel, tiny_llama_folder: Path, tmp_path: Path):
    ids = naive_greedy(llama, "gold", 6)
    folder = tmp_path / "early"
    shutil.copytree(tiny_llama_folder, folder)
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [1, ids[3]]}))
    got = load(folder, device="cpu").generate(["gold"], max_new_tokens=6)[0]
    first = ids.index(ids[3])
    assert (got.text, got.n_tokens, got.finish) == (llama.decode(ids[:first]), first + 1, "stop")


def test_a_long_prompt_keeps_its_end(llama: HuggingFaceModel):
    long = "the Nile " * 200 + "gold has the symbol"
    got = llama.generate([long], max_new_tokens=8)[0]
    assert got.n_prompt_tokens == llama.context_length - 8
    kept = naive_ids(llama, long)[-got.n_prompt_tokens :]
    with torch.inference_mode():
        first = int(llama.module(input_ids=torch.tensor([kept])).logits[0, -1].argmax())
    assert got.text.startswith(llama.decode([first]))


def test_likelihoods_match_a_naive_float64_reference(model: HuggingFaceModel):
    prompt = "Question: Which river flows through Cairo?\nAnswer:"
    pairs = [
        (prompt, " the Nile"),
        (prompt, " Lima"),
        ("gold has the symbol", " A"),
        (prompt, " C"),
        ("Oxygen", " has the atomic number 8;"),
    ]
    for (context, continuation), got in zip(pairs, model.likelihoods(pairs), strict=True):
        ids, n_before = naive_ids(model, context + continuation), len(naive_ids(model, context))
        expected = naive_logprobs(model, ids)[n_before - 1 :]
        assert got.logprob == pytest.approx(float(expected.sum()), abs=1e-4)
        assert (got.n_tokens, got.n_prompt_tokens) == (len(expected), n_before)


def test_trailing_spaces_of_a_context_move_to_the_continuation(model: HuggingFaceModel):
    with_space, without = model.likelihoods([("gold has the symbol ", "Au"), ("gold has the symbol", " Au")])
    assert with_space == without


def test_an_empty_context_is_scored_after_the_begin_or_end_token(model: HuggingFaceModel):
    prefix = model.tokenizer.bos_token_id
    prefix = model.tokenizer.eos_token_id if prefix is None else prefix
    ids = [prefix, *model.tokenizer("the Nile", add_special_tokens=False)["input_ids"]]
    got = model.likelihoods([("", "the Nile")])[0]
    assert got.logprob == pytest.approx(float(naive_logprobs(model, ids).sum()), abs=1e-4)
    assert got.n_tokens == len(ids) - 1


def test_an_empty_continuation_is_certain_and_counts_no_token(llama: HuggingFaceModel):
    got = llama.likelihoods([("gold", "")])[0]
    assert (got.logprob, got.n_tokens) == (0.0, 0)


def test_a_context_beyond_the_models_is_cut_from_the_left(llama: HuggingFaceModel):
    long, gold = "the Nile " * 200 + "gold has the symbol", " Au"
    got = llama.likelihoods([(long, gold)])[0]
    ids = naive_ids(llama, long + gold)[-(llama.context_length + 1) :]
    assert got.logprob == pytest.approx(float(naive_logprobs(llama, ids)[-got.n_tokens :].sum()), abs=1e-4)


def test_options_of_one_question_read_it_once_and_generation_reads_it_no_second_time(
    llama: HuggingFaceModel, monkeypatch: pytest.MonkeyPatch
):
    widths = []
    forward = llama.module.forward

    def counted(**kwargs):
        widths.append(tuple(kwargs["input_ids"].shape))
        return forward(**kwargs)

    model = HuggingFaceModel(llama.module, llama.tokenizer)
    monkeypatch.setattr(llama.module, "forward", counted)
    prompt = "Question: Which river flows through Cairo?\nAnswer:"
    model.likelihoods([(prompt, f" {letter}") for letter in "ABCD"])
    assert widths[0] == (1, len(naive_ids(llama, prompt)))
    assert [width for _, width in widths[1:]] in ([], [1])  # a letter that takes two tokens: its second one, after the first
    widths.clear()
    model.generate([prompt], max_new_tokens=1)
    assert widths == []


def test_prompts_that_begin_alike_are_read_after_their_common_beginning(model: HuggingFaceModel, monkeypatch: pytest.MonkeyPatch):
    examples = "".join(f"Question: What is the symbol of number {n}?\nAnswer: it is {n * 7}\n\n" for n in range(2))
    asked = [
        f"{examples}Question: {words}?\nAnswer:" for words in ("Which river", "Who wrote", "Gold", "Where", "When", "How", "The", "Rome")
    ]
    others = ["Please give answer", "The following"]
    pairs = [(prompt, f" {option}") for prompt in (*asked, *others) for option in ("A", "the Nile", "gold")]
    widths = []
    forward = model.module.forward

    def counted(**kwargs):
        widths.append(kwargs["input_ids"].numel())
        return forward(**kwargs)

    with monkeypatch.context() as counting:
        counting.setattr(model.module, "forward", counted)
        together = model.likelihoods(pairs)
    assert sum(widths[:3]) < 0.7 * sum(len(naive_ids(model, prompt)) for prompt in asked)  # the examples once, then what follows them
    for pair, found in zip(pairs, together, strict=True):
        n_before = len(naive_ids(model, pair[0]))
        assert found.n_prompt_tokens == n_before
        wanted = naive_logprobs(model, naive_ids(model, pair[0] + pair[1]))[-found.n_tokens :].sum()
        assert found.logprob == pytest.approx(float(wanted), abs=1e-4)


def test_a_shared_prefix_takes_no_room_in_a_sliding_window(tiny_llama_folder: Path, tmp_path: Path):
    from transformers import AutoTokenizer, MistralConfig, MistralForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama_folder)
    config = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        sliding_window=16,
        bos_token_id=0,
        eos_token_id=1,
    )
    torch.manual_seed(0)
    module = MistralForCausalLM(config)
    with torch.no_grad():
        for parameter in module.parameters():
            torch.nn.init.normal_(parameter, std=0.3) if parameter.dim() > 1 else None
    module.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = load(tmp_path, device="cpu")
    examples = "Which river flows through Cairo? The Nile. " * 8
    pairs = [
        (f"{examples}{words}\nAnswer:", " A")
        for words in ("Gold?", "Who wrote the book?", "How many of them are there, and where do they live?")
    ]
    assert len(naive_ids(model, pairs[0][0])) > 40
    together = model.likelihoods(pairs)
    for pair, found in zip(pairs, together, strict=True):
        assert found.logprob == pytest.approx(model.likelihoods([pair])[0].logprob, abs=1e-4)
        wanted = naive_logprobs(model, naive_ids(model, pair[0] + pair[1]))[-found.n_tokens :].sum()
        assert found.logprob == pytest.approx(float(wanted), abs=1e-4)


def test_rows_are_grouped_by_long_prefixes_only():
    long, other = list(range(100)), list(range(50, 120))
    rows = [
        [*long, 1],
        [7, 7],
        [*other, 5, 6],
        [*long, 2, 3],
        [*other, 5, 9],
        [*long, 2, 4],
        [*other, 8],
        [7, 8],
        [*other, 9],
        [*other, 10],
    ]
    assert by_prefix(rows) == [(70, [2, 4, 6, 8, 9]), (0, [0, 1, 3, 5, 7])]  # three rows of a hundred tokens save too little
    for length, members in by_prefix(rows):
        assert len({tuple(rows[i][:length]) for i in members}) == 1
        assert all(len(rows[i]) > length for i in members)
    assert sorted(i for _, members in by_prefix(rows) for i in members) == list(range(len(rows)))
    assert by_prefix([[*long, i] for i in range(5)]) == [(100, [0, 1, 2, 3, 4])]
    assert by_prefix([]) == []


def test_windows_score_every_token_once_as_a_plain_loop_does(model: HuggingFaceModel):
    text = " ".join(PROMPTS) * 3
    windows = model.windows(text, size=16)
    prefix = model.tokenizer.bos_token_id
    prefix = model.tokenizer.eos_token_id if prefix is None else prefix
    ids = [prefix, *model.tokenizer(text, add_special_tokens=False)["input_ids"]]
    n_scored, total = 0, 0.0
    for start in range(0, len(ids) - 1, 16):  # the tokens from start + 1 on, each window behind the one token before it
        row = ids[start : start + 17]
        n_scored, total = n_scored + len(row) - 1, total - float(naive_logprobs(model, row).sum())
    found = model.window_nlls(windows)
    assert [n for _, n in found[:-1]] == [16] * (len(found) - 1)
    assert sum(n for _, n in found) == n_scored == len(ids) - 1
    assert sum(nll for nll, _ in found) == pytest.approx(total, rel=1e-5)


def test_windows_are_those_of_lm_evals_rolling_log_likelihoods(llama: HuggingFaceModel):
    def rolling(tokens: list[int], prefix: int, size: int) -> list[list[int]]:
        """Return context and targets as lm_eval 0.4.13 pairs them, with one token of context (utils.get_rolling_token_windows, make_disjoint_window)."""
        found = [([prefix, *tokens[: size - 1]], tokens[:size])]
        predicted = min(size, len(tokens))
        while predicted < len(tokens):
            n = min(len(tokens) - predicted, size)
            end = predicted + n
            found.append((tokens[end - size - 1 : end - 1], tokens[end - n : end]))
            predicted += n
        return [context[: len(context) - (len(targets) - 1)] + targets for context, targets in found]

    text = " ".join(PROMPTS) * 3
    tokens = llama.tokenizer(text, add_special_tokens=False)["input_ids"]
    expected = rolling(tokens, llama.tokenizer.bos_token_id, 16)
    windows = [list(window) for window in llama.windows(text, size=16)]
    assert windows[:-1] == expected[:-1]
    assert expected[-1][-len(windows[-1]) :] == windows[-1]  # a shorter last one sees more before it there


def test_a_window_is_as_long_as_the_context_where_that_is_shorter(llama: HuggingFaceModel):
    assert {len(window) - 1 for window in llama.windows("gold " * 1000)[:-1]} == {llama.context_length}


def test_an_empty_text_has_no_window(model: HuggingFaceModel):
    assert model.windows("") == []


def test_a_window_of_no_token_is_refused(llama: HuggingFaceModel):
    with pytest.raises(ModelError, match="at least 1"):
        llama.windows("gold", size=-1)


def test_conversations_use_the_papers_words_where_there_is_no_template(llama: HuggingFaceModel):
    messages = [Message(role="user", content="Hi"), Message(role="assistant", content=" Hello"), Message(role="user", content="Bye")]
    assert llama.encoder.conversation(messages) == "USER: Hi ASSISTANT: Hello</s>USER: Bye ASSISTANT:"


def test_conversations_use_the_tokenizers_template(qwen: HuggingFaceModel):
    prompt = qwen.encoder.conversation([Message(role="user", content="Hi")])
    assert prompt == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_a_template_that_writes_the_begin_token_does_not_double_it(llama: HuggingFaceModel):
    assert llama.generate(["<s>gold"], max_new_tokens=3) == llama.generate(["gold"], max_new_tokens=3)


def test_a_batch_that_does_not_fit_is_halved(llama: HuggingFaceModel, monkeypatch: pytest.MonkeyPatch):
    expected = llama.generate(PROMPTS, max_new_tokens=4)
    model = HuggingFaceModel(llama.module, llama.tokenizer)
    forward = llama.module.forward

    def small(**kwargs):
        if kwargs["input_ids"].shape[0] > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(**kwargs)

    monkeypatch.setattr(llama.module, "forward", small)
    assert model.generate(PROMPTS, max_new_tokens=4) == expected


def test_one_prompt_that_does_not_fit_says_so(llama: HuggingFaceModel, monkeypatch: pytest.MonkeyPatch):
    def full(**kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    model = HuggingFaceModel(llama.module, llama.tokenizer)
    monkeypatch.setattr(llama.module, "forward", full)
    with pytest.raises(PreflightError, match="does not fit"):
        model.generate(["gold"], max_new_tokens=4)


def test_a_stop_string_beyond_ascii_is_looked_for_after_every_token(llama: HuggingFaceModel):
    stops = StopStrings(llama.encoder, ("é",))
    ids = llama.tokenizer("café", add_special_tokens=False)["input_ids"]
    assert stops.complete(ids)
    assert not stops.complete(ids[:-1])
    assert stops.cut("café") == "caf"


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ([5] * 64, True),
        ([1, 2, 3, *[7, 8, 9, 4] * 16], True),
        ([*range(21)] * 4, True),
        ([*range(22)] * 4, False),  # not three times within 64 tokens
        ([5] * 63, False),
        ([*[5] * 63, 6], False),
        ([*range(64)], False),
    ],
)
def test_a_loop_is_a_phrase_said_three_times_or_more(tokens: list[int], expected: bool):
    assert is_loop(tokens) is expected


def test_generation_stops_in_a_loop_and_says_so(tiny_llama_folder: Path):
    model = load(tiny_llama_folder, device="cpu")
    with torch.no_grad():
        for block in model.module.model.layers:  # nothing but the last token counts, and it is likeliest again
            block.self_attn.o_proj.weight.zero_()
            block.mlp.down_proj.weight.zero_()
        model.module.lm_head.weight.copy_(model.module.get_input_embeddings().weight)
    room = model.context_length - 30
    (got,) = model.generate(PROMPTS[:1], max_new_tokens=room)
    assert room > 64
    assert (got.n_tokens, got.finish) == (64, "loop")


def test_a_vicuna_without_a_template_gets_vicunas_own(tiny_llama_folder: Path, tmp_path: Path):
    model = load(Path(shutil.copytree(tiny_llama_folder, tmp_path / "vicuna-7b-v1.3")), device="cpu")
    messages = [Message(role="user", content="Hi"), Message(role="assistant", content=" Hello"), Message(role="user", content="Bye")]
    opening = VICUNA.split('"')[1]
    assert model.encoder.conversation(messages) == f"{opening} USER: Hi ASSISTANT: Hello</s>USER: Bye ASSISTANT:"
    assert model.facts["chat_template"] == "Vicuna v1.1"
