"""Strings that end a generated answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmkick_core.models.hugging_face import HuggingFaceModel


class StopStrings:
    """Strings that end a generation; looks at a whole text only after a token that could have completed one."""

    def __init__(self, model: HuggingFaceModel, stops: Sequence[str]) -> None:
        self._model = model
        self._stops = [stop for stop in stops if stop]
        self._last = {stop[-1] for stop in self._stops}
        # a space may be lost, and a letter beyond ASCII split, when a token is read alone
        self._is_always = any(ord(letter) > 127 or letter == " " for letter in self._last)

    def complete(self, ids: list[int]) -> bool:
        """Return whether the tokens written so far hold a stop string."""
        if not self._stops or not (self._is_always or self._last & set(self._model.token_text(ids[-1]))):
            return False
        text = self._model.decode(ids)
        return any(stop in text for stop in self._stops)

    def cut(self, text: str) -> str:
        """Return the text before the first stop string."""
        return text[: min((place for stop in self._stops if (place := text.find(stop)) >= 0), default=len(text))]
