"""The trainer on a tiny model: it learns, goes on where it was stopped, and writes what transformers reads."""

import json
import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from llmkick_core.bundled import train as training
from llmkick_core.bundled.corpus import Mixture
from llmkick_core.bundled.muon import Muon
from llmkick_core.bundled.packing import schedule
from llmkick_core.bundled.train import (
    CONFIGS,
    TrainConfig,
    build_model,
    optimizers_for,
    plan_steps,
    prepare,
    prepare_polishes,
    rate_at,
    save_checkpoint,
    train,
    weighted_loss,
)

N_STEPS = 30
TINY = TrainConfig(
    name="tiny",
    hidden=32,
    intermediate=64,
    n_layers=6,
    n_heads=4,
    n_kv_heads=2,
    vocab_size=600,
    lengths=(160, 320),
    tokens_per_step=640,
    context=320,
    other_lr=1e-2,
    decay_share=0.3,
    guidance=0.5,
    max_steps=N_STEPS,
    mixture=Mixture(n_epochs=1, n_fictional=40, real_evidence_epochs=0, n_stories=10, n_conversations=80, n_look_ups=40, n_prose=20),
)


@pytest.fixture(scope="module", autouse=True)
def few_probes():
    """Make the looks in between quick; what they measure is tested by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "probes", lambda corpus: {"none": []})
        patch.setattr(training, "right_share", lambda *arguments, **options: 0.0)
        yield


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    prepare(TINY, folder)
    return folder


def copy_of(work, folder):
    """Return a working folder with the corpus and the tokenizer but no checkpoint."""
    folder.mkdir()
    for name in ("tokenizer.json", "windows.npz"):
        (folder / name).write_bytes((work / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def trained(work, tmp_path_factory):
    """Return the folder of a model trained in one go, and its working folder."""
    root = tmp_path_factory.mktemp("trained")
    place = copy_of(work, root / "work")
    train(TINY, root / "tiny", place, device="cpu", probe_every=10)
    return root / "tiny", place


def last_rows(windows):
    """Return tokens, weights and positions of the last four windows, as the loss takes them."""
    arrays = ((windows.tokens, "int64"), (windows.weights, "float32"), (windows.positions, "int64"))
    return [torch.from_numpy(array[-4:].astype(kind)) for array, kind in arrays]


def mean_loss(model, windows):
    with torch.no_grad():
        return float(
            weighted_loss(model.model, model.lm_head, *last_rows(windows), prompt_share=1.0, generator=torch.Generator().manual_seed(0))
        )


def test_thirty_steps_lower_the_loss_on_text_not_trained_on(trained, work):
    from transformers import AutoModelForCausalLM

    tokenizer, packed = prepare(TINY, work)
    windows = packed[160]
    used = max(rows.stop for length, rows in schedule(packed, tokens_per_step=TINY.tokens_per_step)[:N_STEPS] if length == 160)
    assert len(windows.tokens) > used + 4  # the last windows are not among the thirty steps'
    fresh = mean_loss(build_model(TINY, tokenizer), windows)
    learnt = mean_loss(AutoModelForCausalLM.from_pretrained(trained[0], dtype=torch.float32), windows)
    assert fresh == pytest.approx(np.log(TINY.vocab_size), abs=0.3)
    assert learnt < fresh - 0.6


def test_each_polish_is_read_after_the_corpus_at_a_lower_rate_that_falls_to_zero(work, tmp_path):
    polishes = tuple(replace(TINY.mixture, seed=seed, n_fictional=100, n_look_ups=10) for seed in (1, 2))
    config = replace(TINY, polishes=polishes, polish_rate=0.4)
    place = copy_of(work, tmp_path / "work")
    tokenizer, packed = prepare(config, place)
    first, second = polished = prepare_polishes(config, tokenizer, place)
    plain = plan_steps(TINY, packed, prepare_polishes(TINY, tokenizer, place))
    steps = plan_steps(config, packed, polished)
    assert [(step.rows, step.rate) for step in steps[:N_STEPS]] == [(step.rows, step.rate) for step in plain]
    n_first, n_second = (len(schedule(windows, tokens_per_step=TINY.tokens_per_step)) for windows in polished)
    assert min(n_first, n_second) > 0
    for windows, read in ((first, steps[N_STEPS : N_STEPS + n_first]), (second, steps[N_STEPS + n_first :])):
        assert {id(step.windows) for step in read} <= {id(one) for one in windows.values()}
        assert max(step.rate for step in read) <= 0.4
        assert 0 < read[-1].rate <= 0.4 / len(read) + 1e-9
    assert len(steps) == N_STEPS + n_first + n_second
    again = prepare_polishes(config, tokenizer, place)[1]
    assert all(np.array_equal(again[length].tokens, second[length].tokens) for length in second)


class Stopped(Exception):
    """Stands for a kill."""


def test_a_run_stopped_anywhere_goes_on_bit_for_bit(trained, work, tmp_path, monkeypatch, caplog):
    place = copy_of(work, tmp_path / "work")
    n_calls = 0

    def stop_at_17(*arguments, **options):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 17:
            raise Stopped
        return weighted_loss(*arguments, **options)

    monkeypatch.setattr(training, "weighted_loss", stop_at_17)
    with pytest.raises(Stopped):
        train(TINY, tmp_path / "tiny", place, device="cpu", probe_every=10)
    assert not (tmp_path / "tiny").exists()
    monkeypatch.undo()
    monkeypatch.setattr(training, "probes", lambda corpus: {})
    with caplog.at_level(logging.INFO, logger="llmkick.train"):
        train(TINY, tmp_path / "tiny", place, device="cpu", probe_every=10)
    assert "going on at step 10 of 30" in caplog.messages
    assert any(line.startswith("step 20/30 ") and line.endswith("min left") for line in caplog.messages)
    assert (tmp_path / "tiny" / "model.safetensors").read_bytes() == (trained[0] / "model.safetensors").read_bytes()


def test_a_finished_run_is_not_trained_further(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "weighted_loss", None)
    train(TINY, tmp_path / "again", trained[1], device="cpu")
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == (trained[0] / "model.safetensors").read_bytes()


def test_the_folder_opens_with_transformers_and_answers_in_chat(trained):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = AutoModelForCausalLM.from_pretrained(trained[0]), AutoTokenizer.from_pretrained(trained[0])
    assert model.config.model_type == "llama"
    assert model.dtype == torch.bfloat16
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    assert (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token) == ("<s>", "</s>", "<pad>")
    assert (model.config.bos_token_id, model.config.eos_token_id, model.config.pad_token_id) == (
        tokenizer.bos_token_id,
        tokenizer.eos_token_id,
        tokenizer.pad_token_id,
    )
    assert len(tokenizer) == TINY.vocab_size == model.config.vocab_size
    assert tokenizer.model_max_length == TINY.context == model.config.max_position_embeddings
    ids = tokenizer("What is it?").input_ids
    assert ids[0] == tokenizer.bos_token_id
    assert tokenizer.decode(ids, skip_special_tokens=True) == "What is it?"
    talk = [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Yes"}, {"role": "user", "content": "Why?"}]
    assert tokenizer.apply_chat_template(talk, tokenize=False) == "USER: Hi? ASSISTANT: Yes</s>USER: Why? ASSISTANT:"
    inputs = tokenizer("Q: What is the capital of Fiji?\nA:", return_tensors="pt")
    assert model.generate(**inputs, max_new_tokens=4, do_sample=False).shape[1] <= inputs.input_ids.shape[1] + 4


def test_the_tokenizer_splits_digits_and_knows_every_byte(trained):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(trained[0])
    pieces = tokenizer.tokenize("In 1848")
    assert pieces[-4:] == ["1", "8", "4", "8"]
    assert tokenizer.decode(tokenizer("Ω ≠ été 𝄞").input_ids, skip_special_tokens=True) == "Ω ≠ été 𝄞"


def test_the_record_tells_how_the_model_was_made(trained):
    record = json.loads((trained[0] / "training.json").read_text(encoding="utf-8"))
    mixture = Mixture(**record["config"].pop("mixture"))
    polishes = tuple(Mixture(**values) for values in record["config"].pop("polishes"))
    lengths = tuple(record["config"].pop("lengths"))
    assert TrainConfig(**record["config"], mixture=mixture, polishes=polishes, lengths=lengths) == TINY
    assert record["tokens"] == N_STEPS * TINY.tokens_per_step
    assert record["torch"] == torch.__version__


def test_the_corpus_is_prepared_once(work, monkeypatch):
    first = prepare(TINY, work)[1]
    monkeypatch.setattr(training, "Corpus", None)
    again = prepare(TINY, work)[1]
    assert list(again) == list(first) == list(TINY.lengths)
    for length, windows in first.items():
        np.testing.assert_array_equal(again[length].tokens, windows.tokens)
        assert windows.tokens.shape[1] == length
        assert windows.tokens.max() < TINY.vocab_size


# --- parts


@pytest.fixture(scope="module")
def tokenizer(work):
    return prepare(TINY, work)[0]


def test_the_rate_rises_stays_and_falls_to_zero():
    rates = [rate_at(step, 1000, 0.4) for step in range(1000)]
    assert rates[0] == pytest.approx(1 / 40)
    assert rates[39:600] == [1.0] * 561
    assert rates[800] == pytest.approx(0.5)
    assert rates[-1] == pytest.approx(1 / 400)
    assert rates[600:] == sorted(rates[600:], reverse=True)


def test_muon_gets_the_matrices_and_adamw_the_rest(tokenizer):
    model = build_model(TINY, tokenizer)
    muon, adamw = optimizers_for(model, TINY)
    assert isinstance(muon, Muon)
    assert isinstance(adamw, torch.optim.AdamW)
    counts = [sum(p.numel() for group in o.param_groups for p in group["params"]) for o in (muon, adamw)]
    n_matrix = 6 * (32 * 32 * 2 + 32 * 16 * 2 + 3 * 32 * 64)  # q, o; k, v of half the heads; gate, up, down
    assert counts == [n_matrix, TINY.vocab_size * 32 + 13 * 32]
    assert sum(counts) == sum(p.numel() for p in model.parameters())


def test_the_loss_is_the_weighted_mean_of_next_token_losses(tokenizer):
    model = build_model(TINY, tokenizer)
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(3, 600, (2, 12), generator=generator)
    weights = torch.tensor([0.0, 0.03, 0.03, 0.15, 0.15, 1.0, 1.0, 0.05, 0.5, 0.0, 0.0, 0.0]).repeat(2, 1)
    positions = torch.arange(12).repeat(2, 1)
    loss = weighted_loss(model.model, model.lm_head, tokens, weights, positions, prompt_share=1.0, generator=generator)
    logits = model(tokens).logits.detach().double().numpy()
    total, mass = 0.0, 0.0
    for row in range(2):
        for place in range(1, 12):
            scores = logits[row, place - 1]
            nll = np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[int(tokens[row, place])]
            total += float(weights[row, place]) * nll
            mass += float(weights[row, place])
    assert float(loss.detach()) == pytest.approx(total / mass, rel=1e-4)


def test_a_document_does_not_see_the_one_before_it(tokenizer):
    model = build_model(TINY, tokenizer)
    generator = torch.Generator().manual_seed(1)
    tokens, weights = torch.randint(3, 600, (1, 20), generator=generator), torch.zeros(1, 20)
    weights[:, 12:] = 1.0
    positions = torch.cat([torch.arange(10), torch.arange(10)])[None]
    changed = tokens.clone()
    changed[:, :10] = torch.randint(3, 600, (1, 10), generator=generator)
    losses = [
        weighted_loss(model.model, model.lm_head, ids, weights, positions, prompt_share=1.0, generator=generator).item()
        for ids in (tokens, changed)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    whole = torch.arange(20)[None]
    losses = [
        weighted_loss(model.model, model.lm_head, ids, weights, whole, prompt_share=1.0, generator=generator).item()
        for ids in (tokens, changed)
    ]
    assert losses[0] != pytest.approx(losses[1], rel=1e-5)


def test_the_light_positions_left_out_make_up_for_themselves_in_the_mean(tokenizer):
    model = build_model(TINY, tokenizer)
    torch.nn.init.normal_(model.model.embed_tokens.weight, std=0.5)
    positions = torch.arange(100).repeat(8, 1)
    tokens = torch.randint(3, 600, (8, 100), generator=torch.Generator().manual_seed(1))
    weights = torch.full((8, 100), 0.05)
    weights[:, 90:] = 1.0
    whole = weighted_loss(model.model, model.lm_head, tokens, weights, positions, prompt_share=1.0, generator=torch.Generator())
    drawn = [
        weighted_loss(
            model.model, model.lm_head, tokens, weights, positions, prompt_share=0.3, generator=torch.Generator().manual_seed(seed)
        ).item()
        for seed in range(60)
    ]
    assert len(set(drawn)) > 50
    assert np.mean(drawn) == pytest.approx(whole.item(), rel=0.01)


def test_a_checkpoint_is_whole_or_absent(tokenizer, tmp_path, monkeypatch):
    model = build_model(TINY, tokenizer)
    optimizers = optimizers_for(model, TINY)
    path = tmp_path / "tiny.pt"
    save_checkpoint(path, model, optimizers, 7, 1.5)
    before = path.read_bytes()

    def break_off(state, target):
        target.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", break_off)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, model, optimizers, 8, 2.0)
    assert path.read_bytes() == before
    assert torch.load(path, weights_only=True)["step"] == 7


def test_the_two_bundled_models_share_everything_but_their_size(tokenizer):
    tiny, nano = CONFIGS["kick-tiny"], CONFIGS["kick-nano"]
    sizes = {"name": nano.name, "hidden": nano.hidden, "intermediate": nano.intermediate}
    sizes |= {"n_layers": nano.n_layers, "n_heads": nano.n_heads, "n_kv_heads": nano.n_kv_heads}
    assert replace(tiny, **sizes) == nano
    n_tiny, n_nano = (sum(p.numel() for p in build_model(config, tokenizer).parameters()) for config in (tiny, nano))
    assert 0.4 < n_nano / n_tiny < 0.65
    assert 2 * (n_tiny + n_nano) < 30e6  # bytes in bfloat16
