"""A worker one of whose stages takes for ever: python slow_worker.py STORE STAGE.

It hangs in one long call, as reading large weights, a large factor or a pass through a large model does; but `asking` goes on step by step, each of which
takes a while.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llmkick_core.compress.calibration
import llmkick_core.compress.engine
import llmkick_core.models
from llmkick_core.jobs.worker import main
from llmkick_core.models.decoder import Decoder
from llmkick_core.models.hugging_face import HuggingFaceModel

LONG_S = 600.0
STEP_S = 0.3


def hang(*_: Any, **__: Any) -> None:
    time.sleep(LONG_S)


def slowly(forward: Callable[..., Any]) -> Callable[..., Any]:
    def wait(*args: Any, **options: Any) -> Any:
        time.sleep(STEP_S)
        return forward(*args, **options)

    return wait


if __name__ == "__main__":
    store, stage = Path(sys.argv[1]), sys.argv[2]
    if stage == "loading":
        llmkick_core.models.open_model = hang
    elif stage == "calibrating":
        llmkick_core.compress.calibration.load_calibration = hang
    elif stage == "compressing":
        llmkick_core.compress.engine.compress_group = hang
    elif stage == "perplexity":
        HuggingFaceModel.window_nlls = hang
    else:
        Decoder._forward = slowly(Decoder._forward)
    sys.exit(main(["--store", str(store), "--device", "cpu", "--idle", "0"]))
