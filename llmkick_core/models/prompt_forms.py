"""Which form of prompt a model was made for: `chat` where it has a chat template, else `plain`. No torch, no template is rendered.

    usual_form(locate("/models/vicuna-7b-v1.5")) == "chat"

A model may state its own form: kick-tiny has a template for conversations and was trained on plain questions, which its training.json says
({"prompt": "plain"}), also where its folder was copied. A model of the table of packages may state it there.
"""

from __future__ import annotations

from pathlib import Path

from llmkick_core.errors import ModelError
from llmkick_core.models.chat import is_vicuna
from llmkick_core.models.json_files import read_json
from llmkick_core.models.locate import Location, is_endpoint, is_gguf
from llmkick_core.models.packages import find_package, is_package
from llmkick_core.models.template import folder_of, read_template
from llmkick_core.schema import PromptForm


def usual_form(location: Location) -> PromptForm:
    """Return the form that a model is asked in where nobody names one.

    A model behind a server is asked in chat form: what is served is nearly always made for conversations, and its server has the template.
    """
    if is_endpoint(location.model):
        return "chat"
    stated = find_package(location.model).prompt if is_package(location.model) else ""
    here = folder_of(location)
    stated = stated or (_stated(here / "training.json") if here is not None else "")
    if stated:
        return "chat" if stated == "chat" else "plain"
    if here is None and is_gguf(location.model):
        return "chat"  # a file on the hub that is not here yet: nearly all of them are of chat models
    return "chat" if here is not None and has_template(here) else "plain"


def has_template(path: Path) -> bool:
    """Return whether a model's folder or GGUF file brings a chat template, or is a Vicuna, whose template is built in.

    One that is damaged counts: who asks through it tells what is wrong.
    """
    try:
        return read_template(path) is not None or is_vicuna(path)
    except ModelError:
        return True


def _stated(file: Path) -> str:
    """Return the form that a model's record of its training states; empty where there is none."""
    try:
        found = read_json(file)
    except (OSError, ValueError):
        return ""
    form = found.get("prompt") if isinstance(found, dict) else None
    return form if form in ("plain", "chat") else ""
