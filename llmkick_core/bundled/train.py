"""Make kick-tiny and kick-nano again: `python -m llmkick_core.bundled.train --model kick-tiny --out FOLDER`.

The corpus is generated and packed once, then read step by step, so that a run stopped at any point goes on at its last checkpoint.
Llama architecture; float32, with matrices multiplied in bfloat16 where the CPU does that much faster; Muon on matrices, AdamW on embeddings and norms; a constant learning rate,
then linear to zero; for each polish, once more from a lower rate over a corpus drawn anew.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from llmkick_core.bundled.corpus import Corpus, Mixture
from llmkick_core.bundled.documents import Document
from llmkick_core.bundled.guidance import Guidance
from llmkick_core.bundled.muon import Muon
from llmkick_core.bundled.names import all_words
from llmkick_core.bundled.packing import Windows, encode, load_windows, pack_by_length, save_windows, schedule, token_id
from llmkick_core.bundled.precision import matmul_dtype, use_float32_attention
from llmkick_core.bundled.probe import probes, right_share
from llmkick_core.bundled.tokenizer import save_tokenizer, train_tokenizer
from llmkick_core.bundled.wiring import wire_copying
from llmkick_core.fingerprint import digest

log = logging.getLogger("llmkick.train")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that determines the weights; written beside them as training.json."""

    name: str
    """Folder name of the model."""
    hidden: int
    """Width of the residual stream."""
    intermediate: int
    """Width of the MLP."""
    n_layers: int
    """Decoder blocks."""
    n_heads: int
    """Query heads."""
    n_kv_heads: int
    """Key-value heads."""
    vocab_size: int = 4096
    """Tokens, bytes and special ones included."""
    lengths: tuple[int, ...] = (256, 512)
    """Tokens of training windows: a document goes into the shortest that holds it."""
    tokens_per_step: int = 3072
    """Tokens of one step, padding included; all its windows have one length."""
    context: int = 512
    """Positions that the model is declared for."""
    rope_theta: float = 100_000.0
    """Base of the rotary embedding: with it, half of a head's pairs hardly turn within the context."""
    matrix_lr: float = 0.006
    """Muon's learning rate."""
    matrix_decay: float = 0.05
    """Muon's decoupled weight decay."""
    other_lr: float = 1.5e-3
    """AdamW's learning rate, for embeddings and norms."""
    guidance: float = 1.0
    """Weight of the loss that shows heads where answers stand (see guidance)."""
    decay_share: float = 0.55
    """Share of the steps, at the end, over which both rates fall to zero."""
    prompt_share: float = 0.3
    """Share of the low-weight positions whose loss is computed in a step; their weight rises to make up for it."""
    seed: int = 0
    """Of the weights' start and of what is left out."""
    mixture: Mixture = field(default_factory=Mixture)
    """The corpus."""
    max_steps: int | None = None
    """Steps over the corpus, after which the rates are zero; None reads all of it."""
    polishes: tuple[Mixture, ...] = ()
    """Shorter corpora drawn anew, read one after the other after the first at rates that start lower."""
    polish_rate: float = 0.3
    """Rates at the start of each, as a share of the first corpus' constant ones; they fall to zero once more."""


POLISH = Mixture(
    seed=1,
    n_epochs=16,
    n_fictional=14_000,
    real_evidence_epochs=1,
    n_stories=1_500,
    n_prose=100,
    n_conversations=5_000,
    n_look_ups=0,
    warm_up=0.0,
)
"""What both read second: the facts, with passages and without, and enough of the rest that nothing is unlearnt."""
READING = replace(POLISH, seed=2, n_epochs=2, n_fictional=9_000, real_evidence_epochs=5, unstated=0.4)
"""What both read last: passages about real facts, which four times in ten do not say what is asked."""

CONFIGS = {
    "kick-tiny": TrainConfig(
        name="kick-tiny", hidden=192, intermediate=512, n_layers=6, n_heads=6, n_kv_heads=3, polishes=(POLISH, READING), polish_rate=0.4
    ),
    "kick-nano": TrainConfig(
        name="kick-nano", hidden=128, intermediate=384, n_layers=6, n_heads=4, n_kv_heads=2, polishes=(POLISH, READING), polish_rate=0.4
    ),
}
"""The bundled models. Both learn from the same corpus with the same tokenizer."""


def prepare(config: TrainConfig, work: Path) -> tuple[Any, dict[int, Windows]]:
    """Return the tokenizer and the packed corpus, windows by length, made once and kept in `work`."""
    from tokenizers import Tokenizer

    work.mkdir(parents=True, exist_ok=True)
    tokenizer_file, windows_file = work / "tokenizer.json", work / "windows.npz"
    if tokenizer_file.exists() and windows_file.exists():
        return Tokenizer.from_file(str(tokenizer_file)), load_windows(windows_file)
    log.info("generating the corpus")
    documents = list(Corpus(config.mixture).documents())
    log.info("%d documents; training the tokenizer", len(documents))
    texts = ("".join(text for text, _ in document) for document in documents[:: max(1, len(documents) // 60_000)])
    tokenizer = train_tokenizer(texts, vocab_size=config.vocab_size)
    packed = _pack(config, tokenizer, documents)
    tokenizer.save(str(tokenizer_file))
    save_windows(packed, windows_file)
    return tokenizer, packed


def prepare_polishes(config: TrainConfig, tokenizer: Any, work: Path) -> list[dict[int, Windows]]:
    """Return the packed corpora that are read after the first; each made once and kept in `work`."""
    packed = []
    for mixture in config.polishes:
        windows_file = work / f"polish-{digest(mixture.to_dict())}.npz"
        if not windows_file.exists():
            save_windows(_pack(config, tokenizer, list(Corpus(mixture).documents())), windows_file)
        packed.append(load_windows(windows_file))
    return packed


def _pack(config: TrainConfig, tokenizer: Any, documents: Sequence[Document]) -> dict[int, Windows]:
    packed = pack_by_length(encode(tokenizer, documents), lengths=config.lengths, pad=token_id(tokenizer, "<pad>"))
    for length, windows in packed.items():
        padding = 100 * float((windows.tokens == 0).mean()) if windows.tokens.size else 0.0
        log.info("%.2f M tokens in windows of %d, %.1f%% padding", windows.tokens.size / 1e6, length, padding)
    return packed


def build_model(config: TrainConfig, tokenizer: Any) -> Any:
    """Return a fresh Llama whose first blocks are wired to copy and to look up (see wiring)."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(config.seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=config.vocab_size,
            hidden_size=config.hidden,
            intermediate_size=config.intermediate,
            num_hidden_layers=config.n_layers,
            num_attention_heads=config.n_heads,
            num_key_value_heads=config.n_kv_heads,
            tie_word_embeddings=True,
            max_position_embeddings=config.context,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            initializer_range=0.02,
            rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        )
    )
    begins = {tokenizer.encode(name).ids[1] for name in all_words()}  # ids[0] is <s>
    wire_copying(model, sorted(begins), seed=config.seed)
    return model


def optimizers_for(model: nn.Module, config: TrainConfig, *, dtype: torch.dtype = torch.float32) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices inside the blocks and AdamW for embeddings and norms."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    muon = Muon(matrices, lr=config.matrix_lr, weight_decay=config.matrix_decay, dtype=dtype)
    adamw = torch.optim.AdamW(others, lr=config.other_lr, betas=(0.9, 0.95), weight_decay=0.0)
    optimizers: list[torch.optim.Optimizer] = [muon, adamw]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return optimizers


def rate_at(step: int, n_steps: int, decay_share: float) -> float:
    """Return the factor on the learning rates: a short rise, a constant, a linear fall to zero."""
    rise = min(1.0, (step + 1) / 40)
    fall = min(1.0, (n_steps - step) / max(1.0, n_steps * decay_share))
    return rise * fall


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one step of training reads, and how fast it learns from it."""

    windows: Windows
    """The windows of one length."""
    rows: slice
    """Those of this step."""
    rate: float
    """Factor on the learning rates."""


def plan_steps(config: TrainConfig, packed: dict[int, Windows], polishes: Sequence[dict[int, Windows]]) -> list[Step]:
    """Return the steps of a whole training, in order."""
    first = schedule(packed, tokens_per_step=config.tokens_per_step)[: config.max_steps]
    steps = [
        Step(windows=packed[length], rows=rows, rate=rate_at(step, len(first), config.decay_share))
        for step, (length, rows) in enumerate(first)
    ]
    for windows in polishes:
        last = schedule(windows, tokens_per_step=config.tokens_per_step)
        steps += [
            Step(windows=windows[length], rows=rows, rate=config.polish_rate * rate_at(step, len(last), 1.0))
            for step, (length, rows) in enumerate(last)
        ]
    return steps


def weighted_loss(
    trunk: Any, head: Any, tokens: Tensor, weights: Tensor, positions: Tensor, *, prompt_share: float, generator: torch.Generator
) -> Tensor:
    """Return the weighted mean of the next-token losses.

    Args:
        trunk: a causal language model without its output layer.
        head: its output layer.
        tokens: (windows, length) int64.
        weights: (windows, length) float32, of predicting each token.
        positions: (windows, length) int64, from 0 in each document; where they start anew, attention does not look back.
        prompt_share: share of the positions with a weight under 0.1 that are computed.
        generator: draws which.
    """
    hidden = trunk(input_ids=tokens, position_ids=positions, use_cache=False).last_hidden_state[:, :-1]  # (windows, length - 1, hidden)
    targets, weights = tokens[:, 1:], weights[:, 1:]
    light = weights < 0.1
    kept = (torch.rand(weights.shape, generator=generator).to(weights.device) < prompt_share) & light & (weights > 0)
    scale = torch.where(light, weights / prompt_share, weights)
    chosen = kept | ~light
    logits = head(hidden[chosen])  # (chosen, vocab)
    losses = nn.functional.cross_entropy(logits, targets[chosen], reduction="none")
    return (losses * scale[chosen]).sum() / scale[chosen].sum()


def save_checkpoint(path: Path, model: nn.Module, optimizers: Sequence[torch.optim.Optimizer], step: int, seconds: float) -> None:
    """Write all that training needs to go on, atomically."""
    state = {"model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers], "step": step, "seconds": seconds}
    torch.save(state, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def train(
    config: TrainConfig,
    out: Path,
    work: Path,
    *,
    device: str,
    dtype: torch.dtype = torch.float32,
    is_compiled: bool = False,
    probe_every: int = 500,
) -> None:
    """Train a model, or go on training it, and write it to `out` as a Hugging Face folder in bfloat16.

    Args:
        config: what determines the weights, up to rounding.
        out: folder to write the model to.
        work: folder of the corpus, the tokenizer and the checkpoints.
        device: "cpu" or "cuda".
        dtype: in which matrices are multiplied.
        is_compiled: whether torch compiles the trunk, which needs a C++ compiler.
        probe_every: steps between looks at the model; each also writes a checkpoint.
    """
    tokenizer, packed = prepare(config, work)
    model = build_model(config, tokenizer).to(device)
    use_float32_attention(model)
    trunk = torch.compile(model.model, dynamic=False) if is_compiled else model.model
    guidance = Guidance(model)
    optimizers = optimizers_for(model, config, dtype=dtype)
    steps = plan_steps(config, packed, prepare_polishes(config, tokenizer, work))
    n_steps = len(steps)
    checkpoint = work / f"{config.name}.pt"
    first, spent = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        first, spent = state["step"], state["seconds"]
        log.info("going on at step %d of %d", first, n_steps)
    looks = probes(Corpus(config.mixture))
    log.info("%s: %.2f M parameters, %d steps", config.name, sum(p.numel() for p in model.parameters()) / 1e6, n_steps)
    started, losses = time.monotonic(), []
    for step in range(first, n_steps):
        windows, rows = steps[step].windows, steps[step].rows
        tokens = torch.from_numpy(windows.tokens[rows].astype("int64")).to(device)
        weights = torch.from_numpy(windows.weights[rows].astype("float32")).to(device)
        positions = torch.from_numpy(windows.positions[rows].astype("int64")).to(device)
        sources, ends = (torch.from_numpy(columns[rows].astype("int64")).to(device) for columns in (windows.sources, windows.ends))
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            loss = weighted_loss(trunk, model.lm_head, tokens, weights, positions, prompt_share=config.prompt_share, generator=generator)
            total = loss + config.guidance * guidance.loss(positions, sources, ends)
        total.backward()  # type: ignore[no-untyped-call]
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * steps[step].rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        done = step + 1
        if done % 20 == 0:
            pace = (time.monotonic() - started) / (done - first)
            log.info(
                "step %d/%d loss %.3f, %.2f s a step, %.0f min left",
                done,
                n_steps,
                sum(losses[-20:]) / 20,
                pace,
                pace * (n_steps - done) / 60,
            )
        if done % probe_every == 0 or done == n_steps:
            shares = {name: right_share(model, tokenizer, docs, by_token=name == "stories") for name, docs in looks.items()}
            log.info("probe %d: %s", done, "  ".join(f"{name} {share:.1%}" for name, share in shares.items()))
            save_checkpoint(checkpoint, model, optimizers, done, spent + time.monotonic() - started)
    guidance.close()
    export(
        config,
        model,
        tokenizer,
        out,
        seconds=spent + time.monotonic() - started,
        n_tokens=n_steps * config.tokens_per_step,
        dtype=dtype,
    )


def export(config: TrainConfig, model: Any, tokenizer: Any, out: Path, *, seconds: float, n_tokens: int, dtype: torch.dtype) -> None:
    """Write the model in bfloat16 as safetensors, its tokenizer and the record of its training."""
    out.mkdir(parents=True, exist_ok=True)
    save_tokenizer(tokenizer, out, context=config.context)
    model.config._attn_implementation = "sdpa"
    model.to(torch.bfloat16).save_pretrained(out)
    record = {
        "prompt": "plain",  # how its questions are asked (models/prompt_forms.py): the template is for conversations
        "config": asdict(config),
        "seconds": round(seconds),
        "tokens": n_tokens,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "multiplied_in": str(dtype).removeprefix("torch."),
    }
    (out / "training.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    log.info("wrote %s", out)


def main() -> None:
    """Train one bundled model from the command line."""
    parser = argparse.ArgumentParser(description="Train a bundled model from the facts.")
    parser.add_argument("--model", choices=sorted(CONFIGS), default="kick-tiny")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model to")
    parser.add_argument("--work", type=Path, required=True, help="folder of the corpus, the tokenizer and the checkpoints")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--compile", action="store_true", help="let torch compile the model: a third faster, needs a C++ compiler")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(
        CONFIGS[arguments.model],
        arguments.out,
        arguments.work,
        device=arguments.device,
        dtype=matmul_dtype(arguments.device),
        is_compiled=arguments.compile,
    )


if __name__ == "__main__":
    main()
