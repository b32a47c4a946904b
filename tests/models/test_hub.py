from __future__ import annotations

import pytest

from llmkick_core.errors import ModelError
from llmkick_core.models import hub


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time that the memory of the hub's answers goes by, to be set."""
    now = [1000.0]
    monkeypatch.setattr(hub.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(hub, "_told", {})
    return now


@pytest.mark.parametrize(("said", "again_s"), [("c" * 40, 60.0), (None, 10.0)], ids=["a commit", "nothing"])
def test_the_hub_is_asked_once_in_a_while(said: str | None, again_s: float, clock: list[float], monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def ask(model: str, repo: str, revision: str, file: str) -> str | None:
        asked.append(repo)
        return said

    monkeypatch.setattr(hub, "_ask", ask)
    for _ in range(3):
        assert hub.commit_on_hub("hub:a/b@main", "a/b", "main", "") == said
    assert asked == ["a/b"]
    clock[0] += again_s + 1
    hub.commit_on_hub("hub:a/b@main", "a/b", "main", "")
    hub.commit_on_hub("hub:a/c@main", "a/c", "main", "")
    assert asked == ["a/b", "a/b", "a/c"]


def test_a_refusal_of_the_hub_is_not_kept(clock: list[float], monkeypatch: pytest.MonkeyPatch):
    def refuse(model: str, *_: str) -> str:
        raise ModelError(f"no model {model}")

    monkeypatch.setattr(hub, "_ask", refuse)
    with pytest.raises(ModelError):
        hub.commit_on_hub("hub:a/b@main", "a/b", "main", "")
    monkeypatch.setattr(hub, "_ask", lambda *_: "d" * 40)
    assert hub.commit_on_hub("hub:a/b@main", "a/b", "main", "") == "d" * 40
