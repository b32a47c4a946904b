"""Who may import whom, and what the web process must never load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from llmkick_core import settings

ROOT = settings.PROJECT_ROOT
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
REACH = (
    "schema",
    "status",
    "fingerprint",
    "errors",
    "settings",
    "catalog",
    "calibration_plan",
    "mistakes",
    "stats",
    "store",
    "jobs",
    "judge",
    "judgment",
    "live",
    "words",
    "text_marks",
    "report_html",
)
HEAVY = ("torch", "transformers", "datasets", "openai", "triton")


def imported(path: Path) -> set[str]:
    """Return the modules that a script imports, anywhere in it; for `from package import name`, both the package and package.name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def core_modules(path: Path) -> set[str]:
    """Return the modules of the core that a script imports."""
    package = ROOT / "llmkick_core"
    return {
        name
        for name in imported(path)
        if name.startswith("llmkick_core.")
        and (package.joinpath(*name.split(".")[1:]).is_dir() or package.joinpath(*name.split(".")[1:]).with_suffix(".py").is_file())
    }


def loaded_by(code: str) -> set[str]:
    """Return which heavy packages a fresh process has loaded after `code`."""
    code = f"{code}\nimport sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout.split())


def test_the_import_rules_hold():
    # a process of its own: it sets up logging anew, which would silence this one's loggers
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_reaches_only_what_it_may(page: Path):
    reached = {name.split(".")[1] for name in core_modules(page)}
    assert reached <= set(REACH)
    assert not {name.split(".")[0] for name in imported(page)} & set(HEAVY)


def test_nothing_that_a_page_imports_loads_torch():
    modules = sorted(set().union(*map(core_modules, PAGES)) | {"llmkick_core.catalog", "llmkick_core.jobs.local", "llmkick_core.jobs.demo"})
    assert loaded_by("\n".join(f"import {name}" for name in modules)) == set()


def test_settling_and_checking_a_calibration_loads_no_torch(tmp_path: Path):
    code = (
        "from pathlib import Path; from llmkick_core.calibration_plan import Wanted, fitted; from llmkick_core.catalog import plan;"
        "from llmkick_core.jobs.preflight import check_runs; from llmkick_core.schema import Recipe;"
        "recipes, _ = fitted('bundled:kick-tiny', [Recipe(method='wanda', sparsity=0.5)], Wanted());"
        f"check_runs(plan('bundled:kick-tiny', recipes, ['factoid_qa']), Path({str(tmp_path)!r}))"
    )
    assert loaded_by(code) == set()


def test_planning_the_demo_and_estimating_it_loads_no_torch(tmp_path: Path):
    code = (
        "from pathlib import Path; from llmkick_core.jobs.demo import demo_specs; from llmkick_core.jobs.estimate import estimate;"
        f"assert estimate(demo_specs(), Path({str(tmp_path)!r}), device='cpu').n_runs"
    )
    assert loaded_by(code) == set()


def test_the_command_line_starts_without_torch():
    assert loaded_by("import llmkick_core.cli") == set()


def test_the_check_sees_what_is_loaded():
    assert loaded_by("import torch") == {"torch"}
