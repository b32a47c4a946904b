"""What .streamlit/config.toml promises; a file that does not parse is ignored by streamlit in silence."""

from __future__ import annotations

import tomllib

from llmkick_core.catalog import METHODS, method_colour
from llmkick_core.settings import PROJECT_ROOT


def config() -> dict[str, dict[str, object]]:
    return tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text())


def test_the_app_serves_this_machine_only_and_reports_to_nobody():
    found = config()
    assert found["server"]["address"] == "127.0.0.1"
    assert found["browser"]["gatherUsageStats"] is False
    assert found["client"]["showErrorDetails"] == "none"


def test_each_theme_has_a_colour_for_each_method():
    theme = config()["theme"]
    for name in ("light", "dark"):
        colours = theme[name]["chartCategoricalColors"]  # type: ignore[index]
        assert len(colours) == len(METHODS) + 1  # dense first
        assert colours[0] == theme[name]["textColor"]  # type: ignore[index]
    assert {method_colour(name) for name in METHODS} == set(theme["light"]["chartCategoricalColors"][1:])  # type: ignore[index]
