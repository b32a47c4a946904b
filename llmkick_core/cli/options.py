"""The options that commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmkick_core.catalog import METHODS, TASKS

Store = Annotated[
    Path | None, typer.Option("--store", metavar="DIR", help="Folder that runs write to. [default: LLMKICK_STORE, or data/store]")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; everything else goes to stderr.")]
Device = Annotated[str | None, typer.Option("--device", metavar="NAME", help="cpu, cuda or cuda:1. [default: the best there is]")]
Force = Annotated[bool, typer.Option("--force", help="Start even where the estimate says that it will not fit.")]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="bundled:NAME, package:NAME, a folder, a .gguf file, hub:org/name@revision[:FILE.gguf], or endpoint:URL#name.",
    ),
]

Tasks = Annotated[
    list[str] | None, typer.Option("--task", metavar="TASK", help=f"{', '.join(TASKS)}; may be given several times. [default: all]")
]
Data = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="DATA",
        help="bundled, hub (perplexity: also hub:c4; multiple_choice: hub:val), or a file or folder in the official format of the task.",
    ),
]
Formulation = Annotated[str | None, typer.Option("--formulation", metavar="WAY", help="How multiple choice is asked: letters or cloze.")]
KShot = Annotated[int | None, typer.Option("--k-shot", metavar="K", help="Few-shot examples before a question. [default: 0]")]
Prompt = Annotated[
    str | None,
    typer.Option(
        "--prompt",
        metavar="FORM",
        help="auto: through the chat template where the model has one, but multiple choice and perplexity plain; plain; chat. [default: auto]",
    ),
]
Paper = Annotated[
    bool,
    typer.Option("--paper", help="Ask as the paper does: plain prompts, multiple choice by letters with five few-shot examples."),
]
Temperature = Annotated[
    float, typer.Option("--temperature", metavar="T", help="Draw tokens, by --sample-seed; 0 always takes the most likely one.")
]
SampleSeed = Annotated[
    int, typer.Option("--sample-seed", metavar="SEED", help="Of the tokens drawn at a temperature, and of the few-shot examples.")
]
TemplateDate = Annotated[
    str,
    typer.Option("--template-date", metavar="DAY", help="Date passed to the chat template. [default: 2024-07-26]"),
]
Thinking = Annotated[
    str,
    typer.Option(
        "--thinking",
        metavar="auto|room",
        help="room: 1,024 tokens more for a thought; auto: where the chat template opens one. [default: auto]",
    ),
]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", help="Ask the first N questions of each task. [default: all]")]

Order = Annotated[
    str,
    typer.Option(
        "--order",
        metavar="ORDER",
        help="layer: each layer is calibrated behind the compressed ones; block: behind those of the dense block.",
    ),
]
CalibrationText = Annotated[
    str,
    typer.Option(
        "--calibration",
        metavar="TEXT",
        help="auto, bundled, c4, wikitext2, or a .txt or .jsonl file. auto: C4 where it is at hand, else the bundled text.",
    ),
]
NSamples = Annotated[
    int | None, typer.Option("--n-samples", metavar="N", help="Calibration sequences. [default: 128, or as many as the text holds]")
]
SeqLen = Annotated[
    int | None,
    typer.Option("--seq-len", metavar="TOKENS", help="Tokens of a calibration sequence, cut to the model's context. [default: 2048]"),
]
Seed = Annotated[
    int,
    typer.Option("--seed", metavar="SEED", help="Chooses the calibration sequences, and the weights that random removes."),
]
GroupSize = Annotated[int | None, typer.Option("--group-size", metavar="N", help="Inputs that share one scale. [default: a whole row]")]

Quantizer = Annotated[
    str | None,
    typer.Option(
        "--quantizer",
        metavar="METHOD",
        help="Quantizes what a pruning method leaves. [default with --bits: gptq after sparsegpt, else rtn]",
    ),
]
SweepQuantizer = Annotated[
    str | None,
    typer.Option("--quantizer", metavar="METHOD", help="Quantizes what the pruning methods leave, at each of the --bits. [default: none]"),
]
Asymmetric = Annotated[bool, typer.Option("--asymmetric", help="Grids with a zero point, from the lowest weight to the highest.")]
ActivationOrder = Annotated[bool, typer.Option("--activation-order", help="GPTQ rounds the columns with the largest inputs first.")]

_METHODS = "; ".join(f"{method.name} ({method.help})" if method.help else method.name for method in METHODS.values())

Method = Annotated[str, typer.Option("--method", metavar="METHOD", help=f"dense; {_METHODS}.")]
Sparsity = Annotated[float | None, typer.Option("--sparsity", metavar="SHARE", help="Share of the weights to remove, such as 0.5.")]
Structure = Annotated[str, typer.Option("--structure", metavar="N:M", help="unstructured, or n:m such as 2:4.")]
Bits = Annotated[int | None, typer.Option("--bits", metavar="BITS", help="8, 4, 3 or 2.")]

Methods = Annotated[
    list[str], typer.Option("--method", metavar="METHODS", help=f"May be given several times, or with commas: magnitude,wanda. {_METHODS}.")
]
Sparsities = Annotated[list[str] | None, typer.Option("--sparsity", metavar="SHARES", help="Such as 0.3,0.5,0.7.")]
Structures = Annotated[
    list[str] | None, typer.Option("--structure", metavar="N:MS", help="Such as 2:4,4:8; the sparsities above are unstructured.")
]
BitWidths = Annotated[list[str] | None, typer.Option("--bits", metavar="BITS", help="Such as 8,4,3.")]

Measure = Annotated[
    str | None,
    typer.Option(
        "--measure",
        metavar="MEASURE",
        help="Measure to report, where a task has several. [default: the task's own]",
    ),
]
