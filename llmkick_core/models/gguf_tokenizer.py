"""The tokenizer of a GGUF file, and the tokens that end an answer, as llama.cpp reads them (src/llama-vocab.cpp).

transformers builds the tokenizer. Four things it leaves out are added here: how a vocabulary splits text, the begin token, the space that a sentencepiece
vocabulary puts before every text, and the end tokens beside `tokenizer.ggml.eos_token_id`: a Llama 3 file states `<|end_of_text|>` there, and its answers
end with `<|eot_id|>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models.gguf_header import GgufFile

_DIGIT_SPLITS = ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone")
"""Vocabularies that read every digit by itself, and else split as GPT-2 does (llama.cpp, LLAMA_VOCAB_PRE_TYPE_SMOLLM and its like)."""
_GPT2_SPLITS = ("", "default", "gpt-2", "gpt2", "phi-2", "mpt", "olmo", "jais", "trillion", "roberta-bpe", "exaone4", "jina-es", "jina-de")
"""Vocabularies that split as GPT-2 does."""
_WHOLE_WORDS = ("llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "tekken")
"""Vocabularies that take a word that is one token as it is, and begin a text with a begin token unless the file says otherwise (llama.cpp)."""
_GEMMA = ("gemma", "gemma2", "gemma3")
"""Architectures whose sentencepiece vocabulary puts no space before a text."""

_ENDS = frozenset(
    [
        "<|eot_id|>",
        "<|im_end|>",
        "<|end|>",
        "<|return|>",
        "<|call|>",
        "<|flush|>",
        "<|calls|>",
        "<end_of_turn>",
        "<|endoftext|>",
        "<|eom_id|>",
        "<|end_of_text|>",
        "<end_of_utterance>",
        "<turn|>",
        "<|tool_response>",
        "<｜end▁of▁sentence｜>",
        "[e~[",
    ]
)
"""Tokens that end an answer wherever a vocabulary has them. The file tokens of code models, such as `<|file_sep|>`, end no answer."""
_ENDS_IF_CONTROL = frozenset(["</s>", "<eos>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]"])
"""Tokens that end an answer where they are control tokens; elsewhere they may be text, as `</s>` is an HTML tag in Gemma's vocabulary."""
_END_KEYS = ("eos_token_id", "eot_token_id", "eom_token_id")
_CONTROL, _USER_DEFINED = 3, 4
_SPACE = "▁"


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The vocabulary of a GGUF file, as transformers reads it."""

    architecture: str
    """Such as `llama`."""
    tokens: dict[str, Any]
    """Tokens, their types, scores and merges."""
    settings: dict[str, Any]
    """Special tokens and the chat template."""


def read_vocabulary(source: GgufFile) -> Vocabulary:
    """Return the vocabulary of a GGUF file; with 100,000 tokens this takes a second.

    Raises:
        ValueError: it cannot be read.
    """
    from transformers.integrations.gguf.gguf_tokenizer_mapping import get_gguf_tokenizer

    architecture, tokens, settings = get_gguf_tokenizer(str(source.path))
    return Vocabulary(architecture=architecture, tokens=tokens, settings=settings)


def read_tokenizer(source: GgufFile, vocabulary: Vocabulary | None = None) -> Any:
    """Return the tokenizer of a GGUF file, splitting text as llama.cpp does for its vocabulary.

    Raises:
        ModelError: how its vocabulary splits text is not known here.
        ValueError: it cannot be read.
    """
    from transformers import PreTrainedTokenizerFast
    from transformers.integrations.gguf.gguf_tokenizer_mapping import convert_gguf_tokenizer

    found = vocabulary or read_vocabulary(source)
    tokenizer: Any = PreTrainedTokenizerFast(tokenizer_object=convert_gguf_tokenizer(found.architecture, found.tokens)[0], **found.settings)
    kind, split = source.metadata.get("tokenizer.ggml.model"), str(source.metadata.get("tokenizer.ggml.pre", ""))
    if kind == "gpt2":
        _split_bytes(source, tokenizer.backend_tokenizer, split)
    elif kind == "llama":
        _split_sentencepiece(source, tokenizer.backend_tokenizer)
        if source.architecture == "phi3":
            _strip_after_special(tokenizer, found)
    _complete_begin(source, tokenizer, is_usual=kind == "llama" or split in _WHOLE_WORDS)
    return tokenizer


def end_ids(source: GgufFile, vocabulary: Vocabulary) -> list[int]:
    """Return the ids of all tokens that end an answer, the one that the file states as `eos_token_id` first."""
    tokens = vocabulary.tokens["tokens"]
    types = vocabulary.tokens.get("token_type") or [_CONTROL] * len(tokens)
    stated = [source.metadata.get(f"tokenizer.ggml.{key}") for key in _END_KEYS]
    ids = [number for number in stated if isinstance(number, int) and number < len(tokens)]
    ids += [
        number
        for number, (token, kind) in enumerate(zip(tokens, types, strict=False))
        if token in _ENDS or (token in _ENDS_IF_CONTROL and kind == _CONTROL)
    ]
    ids = list(dict.fromkeys(ids))
    texts = {tokens[number]: number for number in ids}
    if "<|end|>" in texts and ({"<|return|>", "<|call|>"} <= texts.keys() or {"<|calls|>", "<|flush|>"} <= texts.keys()):
        ids.remove(texts["<|end|>"])  # there it ends a part of an answer
    return ids


def _split_bytes(source: GgufFile, inner: Any, split: str) -> None:
    """Have a byte-level tokenizer split text as its vocabulary's kind does.

    Raises:
        ModelError: the kind is not known here.
    """
    from tokenizers import pre_tokenizers
    from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

    if split in _DIGIT_SPLITS:
        digits, words = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        inner.pre_tokenizer = pre_tokenizers.Sequence([digits, words])
    elif split not in (*_GPT2_SPLITS, *GGUF_PRE_TOKENIZER_SPLITS):
        raise ModelError(
            f"{source.path} has a vocabulary of the kind {split[:40]!r} (tokenizer.ggml.pre), and how it splits text is not known here; "
            "use the model's folder of safetensors and tokenizer."
        )
    if split in _WHOLE_WORDS:
        inner.model.ignore_merges = True


def _split_sentencepiece(source: GgufFile, inner: Any) -> None:
    """Have a sentencepiece tokenizer put a space before every text between special tokens, or none where the file says so."""
    from tokenizers import decoders, normalizers

    is_gemma = source.architecture in _GEMMA
    is_prefixed = bool(source.metadata.get("tokenizer.ggml.add_space_prefix", not is_gemma))
    if is_gemma and not is_prefixed:
        return  # Gemma's own tokenizer does so
    spaces = normalizers.Replace(" ", _SPACE)
    inner.normalizer = normalizers.Sequence([normalizers.Prepend(_SPACE), spaces]) if is_prefixed else spaces
    inner.pre_tokenizer = None
    steps = [decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    inner.decoder = decoders.Sequence([*steps, decoders.Strip(content=" ", left=1)] if is_prefixed else steps)


def _strip_after_special(tokenizer: Any, vocabulary: Vocabulary) -> None:
    """Have Phi-3's special tokens take the white space after them, which GGUF does not state."""
    from tokenizers import AddedToken

    plain = {"<unk>", "<s>", "<|endoftext|>"}
    types = zip(vocabulary.tokens["tokens"], vocabulary.tokens.get("token_type") or (), strict=False)
    special = {token: kind for token, kind in types if kind in (_CONTROL, _USER_DEFINED) and token not in plain}
    controls = [AddedToken(token, rstrip=True, normalized=False, special=True) for token, kind in special.items() if kind == _CONTROL]
    others = [AddedToken(token, rstrip=True, normalized=False) for token, kind in special.items() if kind == _USER_DEFINED]
    tokenizer.backend_tokenizer.add_special_tokens(controls)
    tokenizer.backend_tokenizer.add_tokens(others)


def _complete_begin(source: GgufFile, tokenizer: Any, *, is_usual: bool) -> None:
    """Let texts begin with the begin token where llama.cpp would put it and the file does not say."""
    from tokenizers import processors

    begin = tokenizer.bos_token
    wanted = source.metadata.get("tokenizer.ggml.add_bos_token", is_usual)
    if not wanted or begin is None or tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id]:
        return
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A", pair=f"{begin} $A {begin} $B", special_tokens=[(begin, tokenizer.bos_token_id)]
    )
