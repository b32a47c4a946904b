"""The process of one judge job: `python -m llmkick_core.judge.worker --store DIR --job ID`; jobs.py starts it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from llmkick_core.errors import LlmkickError
from llmkick_core.judge.jobs import work


def main() -> int:
    """Return the exit code after asking the judge all of the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--job", required=True)
    asked = parser.parse_args()
    try:
        work(asked.store, asked.job)
    except LlmkickError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
