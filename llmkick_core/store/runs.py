"""Reading and writing what a run folder holds beside its parts: spec, status, questions, layers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from llmkick_core.decoding import checked_texts, parse_lines
from llmkick_core.errors import CorruptFileError, UsageError
from llmkick_core.fingerprint import canonical_json
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import RunSpec, Sample
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import read_json, run_dir, runs_dir, samples_file, write_atomic, write_json
from llmkick_core.store.opener import FACTS, LARGE, SMALL, SPEC, TABLE, Entry, entries, exists, is_id, read_bytes

_THEN = ", then "
_LONGEST_MESSAGE = 8_000  # of a status, which is a small file


def run_ids(store: Path) -> list[str]:
    """Return the ids of all runs of a store that have a spec, in order: the names of their folders, whatever the files in them say.

    Raises:
        CorruptFileError: the folder of all runs is a link, or cannot be read.
    """
    return [one.name for one in run_folders(store)]


def run_folders(store: Path) -> list[Entry]:
    """Return the folders of all runs of a store that have a spec, by name; raises as `run_ids`."""
    found = [one for one in entries(runs_dir(store)) if one.is_folder and is_id(one.name)]
    return [one for one in found if exists(run_dir(store, one.name) / "spec.json")]


def odd_entries(store: Path) -> list[str]:
    """Return one line for each link, and each folder that cannot be a run's, among the runs of a store: they are left out."""
    found = [one for one in entries(runs_dir(store)) if not one.is_file and not one.name.startswith(".")]
    return [
        f"{str(runs_dir(store) / one.name)!r} is no folder of a run{'' if one.is_folder else ', but a link or a device'}, and is left out; remove it."
        for one in found
        if not one.is_folder or not is_id(one.name)
    ]


def write_spec(store: Path, spec: RunSpec) -> None:
    """Write a run's spec."""
    write_json(run_dir(store, spec.run_id) / "spec.json", spec.to_dict())


def read_spec(store: Path, run_id: str) -> RunSpec:
    """Return a run's spec.

    Raises:
        CorruptFileError: the file is damaged, or is not of this folder.
    """
    path = run_dir(store, run_id) / "spec.json"
    try:
        spec = RunSpec.from_dict(read_json(path, SPEC))
        its_id = spec.run_id
    except UsageError as error:
        raise CorruptFileError(f"{path} is damaged: {error} Mend the value there, or move the folder {run_id} away.") from error
    except (CorruptFileError, ValueError, FileNotFoundError) as error:
        raise CorruptFileError(
            f"{path} is damaged ({error.__cause__ or error}). Submit the same run again; its answers are kept."
        ) from error
    if its_id != run_id:
        raise CorruptFileError(f"{path} is the spec of run {its_id}, not of {run_id}; move it to a folder of that name.")
    return spec


def write_status(store: Path, status: RunStatus) -> None:
    """Write where a run stands. A power cut may take it: the parts are what counts, and waiting for the disk at every step costs seconds."""
    raw = replace(status, message=status.message[:_LONGEST_MESSAGE], detail=status.detail[:_LONGEST_MESSAGE]).to_dict()
    write_json(run_dir(store, status.run_id) / "status.json", raw, is_durable=False)


def read_status(store: Path, run_id: str) -> RunStatus:
    """Return where a run stands; a missing or torn file reads as queued, because the parts are what counts.

    It is the status of the folder's run, whichever the file names.
    """
    path = run_dir(store, run_id) / "status.json"
    try:
        return replace(RunStatus.from_dict(read_json(path)), run_id=run_id)
    except FileNotFoundError:
        return RunStatus(run_id=run_id)
    except (CorruptFileError, ValueError):
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
        return read_bytes(path, LARGE) == text.encode()
    except (FileNotFoundError, CorruptFileError):
        return False


def sample_set_of(store: Path, run_id: str) -> str | None:
    """Return the digest of a run's questions, or None while they are not known.

    Raises:
        CorruptFileError: the file is damaged.
    """
    path = run_dir(store, run_id) / "samples.json"
    try:
        raw = read_json(path, SMALL)
    except FileNotFoundError:
        return None
    sample_set = raw.get("sample_set") if isinstance(raw, dict) else None
    if not isinstance(sample_set, str) or not is_id(sample_set):
        raise CorruptFileError(
            f"{path} is damaged: it names no set of questions. Delete it and submit the run again; finished answers are kept."
        )
    return sample_set


def read_samples(store: Path, sample_set: str) -> list[Sample]:
    """Return a set of questions.

    Raises:
        CorruptFileError: the file is missing or damaged.
    """
    path = samples_file(store, sample_set)
    try:
        content = read_bytes(path, LARGE)
        if hashlib.sha256(content).hexdigest()[:16] != sample_set:
            raise CorruptFileError(f"{path} is damaged: its content does not fit its name. Delete it and submit its runs again.")
        samples = [Sample.from_dict(row) for row in parse_lines(content.decode("utf-8"))]
    except (FileNotFoundError, ValueError, UsageError) as error:
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
        return checked_texts(read_json(path, FACTS))
    except FileNotFoundError:
        return {}
    except (CorruptFileError, ValueError) as error:
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
        rows = read_json(path, TABLE)
        if type(rows) is not list:
            raise ValueError("it is no list of layers")
        return [LayerReport.from_dict(raw) for raw in rows]
    except FileNotFoundError:
        return []
    except (CorruptFileError, ValueError) as error:
        raise CorruptFileError(
            f"{path} is damaged ({error.__cause__ or error}). Delete it; the answers are kept, what is known of the layers is not."
        ) from error
