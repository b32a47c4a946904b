"""Reading and writing what a run folder holds beside its parts: spec, status, questions, layers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from llmkick_core.errors import CorruptFileError, UsageError
from llmkick_core.fingerprint import canonical_json
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import RunSpec, Sample
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import read_json, run_dir, runs_dir, samples_file, write_atomic, write_json

_THEN = ", then "


def run_ids(store: Path) -> list[str]:
    """Return the ids of all runs of a store that have a spec, in order."""
    return sorted(path.parent.name for path in runs_dir(store).glob("*/spec.json"))


def write_spec(store: Path, spec: RunSpec) -> None:
    """Write a run's spec."""
    write_json(run_dir(store, spec.run_id) / "spec.json", spec.to_dict())


def read_spec(store: Path, run_id: str) -> RunSpec:
    """Return a run's spec.

    Raises:
        CorruptFileError: the file is damaged.
    """
    path = run_dir(store, run_id) / "spec.json"
    try:
        return RunSpec.from_dict(read_json(path))
    except UsageError as error:
        raise CorruptFileError(f"{path} is damaged: {error} Mend the value there, or move the folder {run_id} away.") from error
    except (CorruptFileError, TypeError, KeyError, AttributeError, ValueError, FileNotFoundError) as error:
        raise CorruptFileError(
            f"{path} is damaged ({error.__cause__ or error}). Submit the same run again; its answers are kept."
        ) from error


def write_status(store: Path, status: RunStatus) -> None:
    """Write where a run stands. A power cut may take it: the parts are what counts, and waiting for the disk at every step costs seconds."""
    write_json(run_dir(store, status.run_id) / "status.json", status.to_dict(), is_durable=False)


def read_status(store: Path, run_id: str) -> RunStatus:
    """Return where a run stands; a missing or torn file reads as queued, because the parts are what counts."""
    path = run_dir(store, run_id) / "status.json"
    try:
        return RunStatus.from_dict(read_json(path))
    except FileNotFoundError:
        return RunStatus(run_id=run_id)
    except (CorruptFileError, TypeError, AttributeError, ValueError):
        return RunStatus(run_id=run_id, message="its status file was damaged; the run goes on from its last part")


def write_samples(store: Path, run_id: str, samples: Sequence[Sample]) -> str:
    """Write the questions of a run, shared with all runs that ask the same, and return their digest."""
    text = "".join(f"{canonical_json(sample.to_dict())}\n" for sample in samples)
    sample_set = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = samples_file(store, sample_set)
    if not _is_whole(path, text):
        write_atomic(path, text)
    write_json(run_dir(store, run_id) / "samples.json", {"sample_set": sample_set})
    return sample_set


def _is_whole(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def sample_set_of(store: Path, run_id: str) -> str | None:
    """Return the digest of a run's questions, or None while they are not known.

    Raises:
        CorruptFileError: the file is damaged.
    """
    path = run_dir(store, run_id) / "samples.json"
    try:
        return str(read_json(path)["sample_set"])
    except FileNotFoundError:
        return None
    except (TypeError, KeyError) as error:
        raise CorruptFileError(f"{path} is damaged ({error}). Delete it and submit the run again; finished answers are kept.") from error


def read_samples(store: Path, sample_set: str) -> list[Sample]:
    """Return a set of questions.

    Raises:
        CorruptFileError: the file is missing or damaged.
    """
    path = samples_file(store, sample_set)
    try:
        text = path.read_text(encoding="utf-8")
        if hashlib.sha256(text.encode()).hexdigest()[:16] != sample_set:
            raise CorruptFileError(f"{path} is damaged: its content does not fit its name. Delete it and submit its runs again.")
        samples = [Sample.from_dict(json.loads(line)) for line in text.split("\n") if line]  # splitlines would also cut at U+2028
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CorruptFileError(f"{path} is missing or damaged ({error}). Submit its runs again.") from error
    if len({sample.sample_id for sample in samples}) < len(samples):
        raise CorruptFileError(
            f"{path} asks two questions of one id. Give every question of the data an id of its own, and submit its runs again."
        )
    return samples


def write_facts(store: Path, run_id: str, facts: dict[str, str]) -> None:
    """Write how the model of a run is asked; what was otherwise for answers before is kept beside it, as in "cpu, then cuda"."""
    before = read_facts(store, run_id)
    words = {name: [*before.get(name, "").split(_THEN)] for name in before}
    for name, value in facts.items():
        said = words.setdefault(name, [])
        if not said or said[-1] != value:
            said.append(value)
    write_json(run_dir(store, run_id) / "facts.json", {name: _THEN.join(said) for name, said in words.items()})


def read_facts(store: Path, run_id: str) -> dict[str, str]:
    """Return how the model of a run was asked, empty while unknown.

    Raises:
        CorruptFileError: the file is damaged.
    """
    path = run_dir(store, run_id) / "facts.json"
    try:
        return {str(name): str(value) for name, value in read_json(path).items()}
    except FileNotFoundError:
        return {}
    except (CorruptFileError, AttributeError) as error:
        raise CorruptFileError(f"{path} is damaged ({error.__cause__ or error}). Delete it; the answers are kept.") from error


def write_layers(store: Path, run_id: str, layers: Sequence[LayerReport]) -> None:
    """Write what compression did to each layer of a run's model."""
    write_json(run_dir(store, run_id) / "layers.json", [layer.to_dict() for layer in layers])


def read_layers(store: Path, run_id: str) -> list[LayerReport]:
    """Return what compression did to each layer, empty for a dense run or while unknown.

    Raises:
        CorruptFileError: the file is damaged.
    """
    path = run_dir(store, run_id) / "layers.json"
    try:
        return [LayerReport(**raw) for raw in read_json(path)]
    except FileNotFoundError:
        return []
    except (CorruptFileError, TypeError) as error:
        raise CorruptFileError(
            f"{path} is damaged ({error.__cause__ or error}). Delete it; the answers are kept, what is known of the layers is not."
        ) from error
