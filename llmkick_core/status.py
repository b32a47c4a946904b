"""Where a run stands, as its worker writes it and everybody else reads it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from llmkick_core.decoding import TIME, Decoder, number, optional

State = Literal["queued", "running", "done", "failed", "cancelled", "foreign"]


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """Where a run stands; written to status.json, atomically, by the worker."""

    run_id: str
    """The run."""
    state: State = "queued"
    """Queued, running, done, failed or cancelled; or foreign: not done, and not asked for by this installation, so that it waits for somebody's consent. That is never written."""
    stage: str = ""
    """What is going on, in a few words: `loading`, `calibrating`, `compressing`, `waiting for the dense answers`, `asking`."""
    detail: str = ""
    """What is being computed within the stage: `block 3 of 30`, `token 17 of at most 256`."""
    block: int = 0
    """Blocks compressed so far."""
    n_blocks: int = 0
    """Blocks in the model; 0 while unknown."""
    n_done: int = 0
    """Questions answered and durable; of perplexity, windows."""
    n_total: int = 0
    """Questions to answer; 0 while unknown."""
    rate: float = 0.0
    """Questions a second, this session of the run."""
    eta_s: float | None = None
    """Seconds left; None while unknown."""
    message: str = ""
    """The error, in one line, where the run failed."""
    advice: str = ""
    """What is wrong with the way a dense model is asked, in one line with the way out; empty where nothing is."""
    pid: int = 0
    """Process id of the worker."""
    submitted_at: float = 0.0
    """Unix time of the first submission."""
    updated_at: float = 0.0
    """Unix time of this status."""
    is_foreign: bool = False
    """Whether this installation did not ask for the run, as the executor finds; not looked at for a run that is done. Never stored."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values."""
        return {name: value for name, value in asdict(self).items() if name != "is_foreign"}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the status that `to_dict` wrote; unknown keys are dropped.

        Raises:
            ValueError: a field is missing or of another kind.
        """
        return replace(_STATUS(raw), is_foreign=False)  # type: ignore[return-value]


_STATUS = Decoder(
    RunStatus,
    {"rate": number(0), "eta_s": optional(number(0, 1000000000000000.0)), "submitted_at": TIME, "updated_at": TIME},
    drops_unknown=True,
)
