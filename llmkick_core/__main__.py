"""`python -m llmkick_core`: the command line."""

from llmkick_core.cli import app

app(prog_name="python -m llmkick_core")
