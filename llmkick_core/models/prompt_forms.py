"""Which form of prompt a model was made for: `chat` where it has a chat template, else `plain`. No torch, no template is rendered.

    usual_form(locate("/models/vicuna-7b-v1.5")) == "chat"

A model may state its own form: kick-tiny has a template for conversations and was trained on plain questions, which its training.json says
({"prompt": "plain"}), also where its folder was copied.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llmkick_core.models.chat import is_vicuna
from llmkick_core.models.locate import Location, is_endpoint
from llmkick_core.schema import PromptForm

_TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json", "additional_chat_templates")
_SMALL_FILES = ["config.json", "tokenizer_config.json", "training.json", *_TEMPLATE_FILES[:2]]


def usual_form(location: Location) -> PromptForm:
    """Return the form that a model is asked in where nobody names one.

    A model behind a server is asked in chat form: what is served is nearly always made for conversations, and its server has the template.
    """
    if is_endpoint(location.model):
        return "chat"
    folder = location.path or _small_files(location)
    if folder is None:
        return "plain"
    stated = _object(folder / "training.json").get("prompt")
    if stated in ("plain", "chat"):
        return "chat" if stated == "chat" else "plain"
    return "chat" if has_template(folder) else "plain"


def has_template(folder: Path) -> bool:
    """Return whether a model's folder brings a chat template, or is a Vicuna, whose template is built in."""
    if any((folder / name).exists() for name in _TEMPLATE_FILES):
        return True
    return bool(_object(folder / "tokenizer_config.json").get("chat_template")) or is_vicuna(folder)


def _object(file: Path) -> dict[str, Any]:
    """Return the object in a JSON file; empty where there is none that can be read: who loads the model tells what is wrong with it."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _small_files(location: Location) -> Path | None:
    """Return a folder with the small files of a model on the hub that has not been downloaded; None where they cannot be had."""
    from httpx2 import HTTPError
    from huggingface_hub import snapshot_download

    repo = location.model.removeprefix("hub:").partition("@")[0]
    try:
        return Path(snapshot_download(repo, revision=location.revision, allow_patterns=_SMALL_FILES))
    except (HTTPError, OSError, ValueError):
        return None
