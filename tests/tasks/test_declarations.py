"""What every task promises, whatever its data."""

import importlib
import subprocess
import sys

import pytest

from llmkick_core.tasks.datasets import hub

NAMES = ("factoid_qa", "multiple_choice", "closed_book_qa", "open_book_qa", "summarization", "instruction_following", "perplexity")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_declares_the_task_of_its_name(name):
    task = importlib.import_module(f"llmkick_core.tasks.{name}").TASK
    assert task.name == name
    assert task.version >= 1
    assert task.measures[0].higher_is_better == (name != "perplexity")
    assert task.bundled_path.startswith("kick-mini/")
    assert name in hub.SOURCES


def test_tasks_load_neither_torch_nor_datasets():
    modules = ", ".join(f"llmkick_core.tasks.{name}" for name in (*NAMES, "datasets.hub"))
    heavy = "('torch', 'transformers', 'datasets', 'pandas', 'nltk', 'scipy')"
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
