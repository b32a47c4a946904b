"""What there is: methods, tasks, models, data; and from a request, the runs it comes to. Loads no torch.

    specs = plan("bundled:kick-tiny", [Recipe(), Recipe(method="wanda", sparsity=0.5)], ["factoid_qa", "perplexity"], limit=200)

Methods and tasks are discovered: a module of `compress` with a `METHOD`, a module of `tasks` with a `TASK`.
"""

from __future__ import annotations

import colorsys
import importlib
import logging
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

from llmkick_core import compress, settings, tasks
from llmkick_core.compress.base import Method as Method
from llmkick_core.compress.corpora import AUTO as AUTO
from llmkick_core.compress.corpora import HUB_TEXTS, text_revision, usual_source
from llmkick_core.compress.layers import Procedure
from llmkick_core.errors import DataError, LlmkickError, ModelError, RecipeError, TaskError
from llmkick_core.fingerprint import content_digest
from llmkick_core.models.described import described
from llmkick_core.models.locate import (
    Location,
    as_path,
    bundled_names,
    check_contents,
    check_folder,
    find_gguf,
    is_gguf,
    locate,
    no_weights,
    plain_errors,
)
from llmkick_core.models.locate import is_endpoint as is_endpoint
from llmkick_core.models.locate import is_imported as is_imported
from llmkick_core.models.packages import PACKAGES, SCHEME, is_package
from llmkick_core.models.prompt_forms import usual_form
from llmkick_core.models.source_format import check_compressible
from llmkick_core.models.template import folder_of, template_date_for
from llmkick_core.models.thinking import thinking_for
from llmkick_core.schema import Calibration, Formulation, PromptForm, Recipe, RunSpec, Sample
from llmkick_core.tasks.base import Measure as Measure
from llmkick_core.tasks.base import Task
from llmkick_core.tasks.datasets import hub

logger = logging.getLogger(__name__)

PAPER_SHOTS = 5
"""Solved examples before a multiple-choice question in the paper's code."""

BUNDLED_FORMULATION: Formulation = "cloze"
"""How the bundled multiple-choice questions are asked unless the request says otherwise; all others are asked by `letters`."""


def _declared(package: ModuleType, name: str) -> dict[str, Any]:
    """Return what the modules of a package declare under `name`, by its own name."""
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        if not module.ispkg:
            thing = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), name, None)
            if thing is not None:
                found[thing.name] = thing
    return found


METHODS: dict[str, Method] = _declared(compress, "METHOD")
"""Every compression method, by name."""

TASKS: dict[str, Task] = _declared(tasks, "TASK")
"""Every task, by name."""

BUNDLED_TASKS = tuple(name for name, task in TASKS.items() if task.bundled_path)
"""Tasks that come with data; the others need a file or folder (--data)."""

_SPARE_COLOURS = ("#7E57C2", "#A3B700", "#C2185B", "#00838F", "#B71C1C", "#33691E", "#F06292", "#3F51B5")


def method_colour(name: str) -> str:
    """Return the colour of a method, as `#0072B2`: its own, or where it names none, or one that another method has, one that no other method has."""
    found: dict[str, str] = {}
    for own in sorted(METHODS, key=lambda one: not METHODS[one].colour):
        colour = METHODS[own].colour.upper()
        found[own] = colour if colour and colour not in found.values() else _spare_colour(own, set(found.values()))
    return found.get(name) or _spare_colour(name, set(found.values()))


def _spare_colour(name: str, taken: set[str]) -> str:
    """Return a colour that is not taken: of the spare ones, else of the circle of hues, from a place that the name decides."""
    start = crc32(name.encode()) % len(_SPARE_COLOURS)
    free = [colour for colour in (*_SPARE_COLOURS[start:], *_SPARE_COLOURS[:start]) if colour not in taken]
    hues = (colorsys.hls_to_rgb((crc32(name.encode()) + step * 61) % 360 / 360, 0.42, 0.6) for step in range(360))
    made = ("#" + "".join(f"{round(255 * part):02X}" for part in hue) for hue in hues)
    return free[0] if free else next(colour for colour in made if colour not in taken)


DATASETS = ("bundled", "hub")
"""Named data sets of every task, besides the `hub:NAME` of some; a path in the official format is the third kind."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """A model that can be chosen, described from its files."""

    model: str
    """The word for it: `bundled:kick-tiny`, `package:smollm2-135m`, a folder or a GGUF file."""
    title: str
    """The name people read."""
    architecture: str
    """Class that loads it."""
    n_parameters: int
    """Stored weights."""
    n_bytes: int
    """Bytes of the weights as stored."""
    dtype: str
    """Type of the stored weights."""
    n_layers: int
    """Decoder blocks."""
    context_length: int
    """Tokens; 0 where the config does not say."""
    source_format: str = ""
    """What the weights are made from, such as `Q4_1, dequantized to bfloat16`; empty for ordinary ones."""
    n_fetch_bytes: int = 0
    """Bytes to fetch before it can be used."""


def named_models() -> list[str]:
    """Return the words for the models that have a name here: bundled ones, and those that come as packages."""
    return [f"bundled:{name}" for name in bundled_names()] + [package.model for package in PACKAGES.values()]


def models() -> list[ModelCard]:
    """Return the bundled models, those that come as packages, and those in LLMKICK_MODEL_ROOTS, folders and GGUF files; what cannot be loaded is left out."""
    words = named_models()
    for root in settings.model_roots():
        words += _models_below(root)
    cards = []
    for word in dict.fromkeys(words):
        try:
            cards.append(model_card(word))
        except _BAD_FOLDER as error:
            logger.debug("model %r is left out: %s", word, error)  # `doctor` names what is wrong with it; a form offers only what works
    return cards


_BAD_FOLDER = (LlmkickError, OSError, ValueError, RuntimeError, MemoryError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What one folder of a stranger may bring about while it is looked at: the others are offered all the same."""


def _models_below(root: Path) -> list[str]:
    """Return the folders and GGUF files in a folder that may be models; names that are no UTF-8 are left out, for no page can show them."""
    try:
        folders = [path.parent for path in sorted(root.glob("*/config.json"))]
        files = [path for path in sorted([*root.glob("*.gguf"), *root.glob("*/*.gguf")]) if path.parent not in folders and path.is_file()]
    except OSError as error:
        logger.debug("%s cannot be listed: %s", root, error)
        return []
    return [str(path) for path in [*folders, *files] if _is_text(str(path))]


def _is_text(name: str) -> bool:
    """Return whether a file's name is UTF-8."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def model_card(model: str) -> ModelCard:
    """Return a model's description.

    Raises:
        ModelError: it is unknown, not usable, or not on this machine yet.
    """
    with plain_errors(model):
        return _model_card(model)


def _model_card(model: str) -> ModelCard:
    folder = as_path(model)
    if ":" in model or not (folder / "config.json").is_file() or find_gguf(folder) is not None:
        location = locate(model)
        model = location.model if is_gguf(location.model) else model
        if is_endpoint(location.model):
            raise ModelError(f"model {location.model} is behind an endpoint, so its size is unknown; start its runs from the command line.")
        folder = location.path or folder
    else:
        check_folder(folder)
        check_contents(folder)
    found = described(model)
    if found is None:
        raise ModelError(f"model {model} is not on this machine yet, so its size is unknown; it is downloaded when it first runs.")
    shape, sizes = found.shape, found.sizes
    return ModelCard(
        model=model,
        title=model_name(model),
        architecture=shape.architecture,
        n_parameters=sizes.n_parameters,
        n_bytes=sizes.n_bytes,
        dtype=sizes.dtype,
        n_layers=shape.n_layers,
        context_length=shape.context_length,
        source_format=found.source_format,
        n_fetch_bytes=found.n_fetch_bytes,
    )


def is_to_come(model: str) -> bool:
    """Return whether a model is on the hub and not on this machine yet, so that nothing of it is known.

    Raises:
        ModelError: there is no such model, or it is not usable.
    """
    return model.startswith("hub:") and described(model) is None


def model_name(model: str) -> str:
    """Return the name of a model as people read it: `kick-tiny`, `SmolLM2-135M-Instruct`, `org/name@main`, the name of a folder or file."""
    if is_package(model) and model.removeprefix(SCHEME) in PACKAGES:
        return PACKAGES[model.removeprefix(SCHEME)].title
    return model.partition(":")[2] if model.startswith(("bundled:", "hub:", SCHEME)) else Path(model).name


def find_task(name: str) -> Task:
    """Return a task.

    Raises:
        TaskError: there is none of that name.
    """
    if name not in TASKS:
        raise TaskError(f"no task {name!r}. Known: {', '.join(sorted(TASKS))}.")
    return TASKS[name]


def find_method(name: str) -> Method:
    """Return a compression method.

    Raises:
        RecipeError: there is none of that name.
    """
    if name not in METHODS:
        raise RecipeError(f"no method {name!r}. Known: dense, {', '.join(sorted(METHODS))}.")
    return METHODS[name]


def procedure_of(recipe: Recipe) -> Procedure:
    """Return a recipe, not dense, with the methods it names.

    Raises:
        RecipeError: a method does not exist, lacks something it requires, or is given what it does not take.
    """
    quantizer = find_method(recipe.quantizer) if recipe.quantizer is not None else None
    return Procedure(recipe=recipe, method=find_method(recipe.method), quantizer=quantizer)


def dataset_path(task: Task, dataset: str, cache_dir: Path) -> Path:
    """Return where the data of a task lies, downloaded to `cache_dir` first where it is on the hub.

    Raises:
        DataError: it is missing, or cannot be downloaded.
    """
    if dataset == "bundled" and not task.bundled_path:
        raise DataError(
            f"task {task.name} has no bundled data; name a file or folder as its data (--data): {task.data_form or 'in its own format'}."
        )
    if hub.is_hub(dataset):
        return hub.fetch(task.name, cache_dir, hub.source_of(task.name, dataset))
    path = settings.BUNDLED_ROOT / task.bundled_path if dataset == "bundled" else Path(dataset).expanduser()
    if not _exists(path):
        known = "the bundled data is missing" if dataset == "bundled" else f"no data {dataset!r}: it is neither bundled, hub nor a path"
        raise DataError(f"{known} ({path}); name a file or folder in the official format of {task.name} as the data (--data).")
    return path.resolve()


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, a folder that may not be entered
        return False


def is_here(spec: RunSpec, cache_dir: Path) -> bool:
    """Return whether the data of a run is on this machine: bundled, a path, or downloaded to `cache_dir` before."""
    return not hub.is_hub(spec.dataset) or hub.place_of(hub.source_of(spec.task, spec.dataset), cache_dir).is_dir()


def datasets_of(task: str) -> dict[str, str]:
    """Return the named data sets of a task, `bundled` first, with what they are: {"bundled": "KICK-mini", "hub": "cais/mmlu at c30699e8"}."""
    sources = {word: hub.source_of(task, word) for word in hub.names(task)}
    bundled = {} if task in TASKS and not TASKS[task].bundled_path else {"bundled": "KICK-mini"}
    return bundled | {word: f"{source.path} at {source.revision[:8]}" for word, source in sources.items()}


def load_samples(spec: RunSpec, cache_dir: Path) -> list[Sample]:
    """Return the questions of a run.

    Raises:
        DataError: the data is missing, not in its official format, or not the content that the run was asked for with.
        TaskError: the task is unknown or cannot be asked that way.
    """
    task = find_task(spec.task)
    path = dataset_path(task, spec.dataset, cache_dir)
    if not hub.is_hub(spec.dataset) and spec.dataset_revision and content_digest(path) != spec.dataset_revision:
        raise DataError(f"the data {spec.dataset} ({path}) has changed since the run was asked for; submit the run again.")
    if spec.k_shot and hub.is_hub(spec.dataset):
        hub.fetch_examples(task.name, spec.dataset, cache_dir)
    elif spec.examples_revision and _examples_revision(task, path) != spec.examples_revision:
        raise DataError(f"the few-shot examples for {spec.dataset} have changed since the run was asked for; submit the run again.")
    return task.load(path, spec)


def _examples_revision(task: Task, path: Path) -> str:
    """Return the fingerprint of the file that solved examples come from; empty where they are a part of the data."""
    return content_digest(task.examples_file(path)) if task.examples_file else ""


def plan(
    model: str,
    recipes: Sequence[Recipe],
    task_names: Sequence[str],
    *,
    dataset: str = "bundled",
    limit: int | None = None,
    k_shot: int = 0,
    formulation: Formulation | None = None,
    temperature: float = 0.0,
    seed: int = 0,
    prompt: str = AUTO,
    is_paper: bool = False,
    template_date: str = "",
    thinking: str = AUTO,
) -> list[RunSpec]:
    """Return the runs of every recipe on every task, revisions filled in, checked as far as that goes without computing.

    `formulation` goes to the multiple-choice tasks only, `k_shot` to those that take solved examples, `temperature` and its `seed` to those that generate.
    `prompt` is `auto`, `plain` or `chat`; perplexity is of plain text whatever is asked for. `is_paper` asks as the paper does, whatever these three say:
    questions plain, multiple choice by letters with five solved examples, conversations through the template. `template_date`
    (YYYY-MM-DD; empty takes the usual day) goes to those that are asked through a chat template which reads the date; the template is tried here. Data on the hub is pinned but not downloaded here.
    `thinking` is `room`, which gives replies more tokens for a thought, or `auto`, by the chat template (models/thinking.py).

    Raises:
        UsageError: model, recipe, task, data or sizes cannot be used; the message says what would be.
    """
    if not task_names:
        raise TaskError(f"no task was named. Known: {', '.join(sorted(TASKS))}.")
    if not recipes:
        raise RecipeError("no recipe was named; `dense` is one.")
    location = locate(model)
    checked = [canonical(recipe, location.model) for recipe in recipes]
    if is_endpoint(location.model) and not all(recipe.is_dense for recipe in checked):
        raise no_weights(location.model)
    if location.path is not None and not all(recipe.is_dense for recipe in checked):
        check_compressible(location.path)
    RunSpec(model=model, task=task_names[0], temperature=temperature, seed=seed)  # checks both, whatever the tasks make of them
    tasks = [find_task(name) for name in dict.fromkeys(task_names)]
    named = "plain" if is_paper else checked_form(prompt)
    usual = named or (usual_form(location) if any(task.kind == "generate" for task in tasks) else "plain")
    sampling: dict[str, Any] = {"temperature": temperature, "seed": seed} if temperature else {}
    wanted = []
    for task in tasks:
        asked: dict[str, Any] = {"k_shot": k_shot, "formulation": formulation, "prompt": form_of(task, prompt, usual)}
        if is_paper:
            asked = {"k_shot": PAPER_SHOTS if task.kind == "choose" else 0, "formulation": "letters"}
        spec = data_spec(task, dataset, limit=limit, **asked)
        drawn = sampling if task.kind in ("generate", "chat") else {}
        if spec.k_shot and task.examples_file is not None:
            drawn = drawn | {"seed": seed}
        spec = replace(spec, model=location.model, model_revision=location.revision, **drawn)
        wanted.append(_templated(spec, location, template_date, thinking))
    return [replace(spec, recipe=recipe) for recipe in dict.fromkeys(checked) for spec in wanted]


def checked_form(prompt: str) -> PromptForm | None:
    """Return the form that a request names; None for `auto`.

    Raises:
        TaskError: it is none.
    """
    if prompt not in (AUTO, "plain", "chat"):
        raise TaskError(f"prompt {prompt!r} is none of auto, plain, chat.")
    return None if prompt == AUTO else "chat" if prompt == "chat" else "plain"


def form_of(task: Task, prompt: str, usual: PromptForm) -> PromptForm | None:
    """Return the form in which a task is asked, as a run keeps it: None where it is the task's own.

    Args:
        task: the task.
        prompt: `auto`, `plain` or `chat`.
        usual: what the model was made for.
    """
    if task.kind == "likelihood":
        return None
    form = checked_form(prompt) or (usual if task.kind == "generate" else task.own_form)
    return None if form == task.own_form else form


def asked_form(spec: RunSpec) -> PromptForm:
    """Return the form in which a run's questions reach the model; `plain` for a task that is not known here and names none."""
    return spec.prompt or (TASKS[spec.task].own_form if spec.task in TASKS else "plain")


def _templated(spec: RunSpec, location: Location, day: str, thinking: str) -> RunSpec:
    """Return a run with what its chat template is told: the date, where it reads one, and whether the model is to think.

    Args:
        spec: the run.
        location: of its model.
        day: as in `template_date_for`.
        thinking: `auto` or `room`.

    Raises:
        ModelError: the chat template cannot be used.
        TaskError: the day is none, or thinking is neither.
    """
    if thinking not in (AUTO, "room"):
        raise TaskError(f"thinking {thinking!r} is neither auto nor room.")
    task, form = find_task(spec.task), asked_form(spec)
    if thinking == "room" and task.kind in ("generate", "chat"):
        spec = replace(spec, thinking="room")
    if form != "chat":
        return spec
    n_turns, folder = 2 if task.kind == "chat" else 1, folder_of(location)
    spec = replace(spec, template_date=template_date_for(folder, day, n_turns=n_turns))
    if spec.thinking or task.kind not in ("generate", "chat"):
        return spec
    return replace(spec, thinking=thinking_for(folder, n_tokens=task.token_limit(form), n_turns=n_turns))


def canonical(recipe: Recipe, model: str = "") -> Recipe:
    """Return a recipe in its canonical form: its quantizer and its calibration text named, and what its methods do not look at left out.

    The calibration text `auto` is the usual one of the model.

    Raises:
        RecipeError: the methods cannot do it.
        DataError: its calibration file is missing.
    """
    if recipe.is_dense:
        return Recipe()
    method = find_method(recipe.method)
    if method.prunes and recipe.bits is not None and recipe.quantizer is None:
        recipe = replace(recipe, quantizer=method.quantizer)
    procedure = procedure_of(recipe)
    recipe = replace(recipe, version=max(step.version for step in procedure.steps))
    last = procedure.steps[-1]
    if recipe.bits == last.default_bits and "bits" not in last.requires:
        recipe = replace(recipe, bits=None)
    if not procedure.needs:
        return replace(recipe, calibration=Calibration(seed=recipe.calibration.seed if method.is_drawn else 0), order="block")
    source = recipe.calibration.source if recipe.calibration.source != AUTO else usual_source(model)[0]
    if source != "bundled" and source not in HUB_TEXTS:
        source = str(Path(source).expanduser().resolve())
    return replace(recipe, calibration=replace(recipe.calibration, source=source, revision=text_revision(source)))


def data_spec(
    task: Task,
    dataset: str,
    *,
    limit: int | None = None,
    k_shot: int = 0,
    formulation: Formulation | None = None,
    prompt: PromptForm | None = None,
) -> RunSpec:
    """Return the run of one task without a model, its data read once to see that it can be; data on the hub is pinned but not downloaded.

    Raises:
        UsageError: the data cannot be used, or the task not be asked that way.
    """
    is_choice = task.kind == "choose"
    usual: Formulation = BUNDLED_FORMULATION if dataset == "bundled" else "letters"
    spec = RunSpec(
        model="",
        task=task.name,
        task_version=task.version,
        dataset=dataset,
        formulation=(formulation or usual) if is_choice else None,
        k_shot=k_shot if task.takes_shots else 0,
        limit=limit,
        prompt=prompt,
    )
    if hub.is_hub(dataset):
        return replace(spec, dataset_revision=hub.source_of(task.name, dataset).revision)
    path = dataset_path(task, dataset, Path())
    spec = replace(spec, dataset=dataset if dataset == "bundled" else str(path), dataset_revision=content_digest(path))
    if spec.k_shot:
        spec = replace(spec, examples_revision=_examples_revision(task, path))
    _n_read(path, spec)
    return spec


def n_questions(spec: RunSpec, cache_dir: Path) -> int | None:
    """Return how many questions a run asks; None where its data is still on the hub.

    Raises:
        DataError: the data is not in its official format, or not here while nothing may be downloaded.
        TaskError: it cannot be asked that way.
    """
    task = find_task(spec.task)
    if not is_here(spec, cache_dir):
        hub.check_reachable(hub.source_of(spec.task, spec.dataset))
        return None
    bare = replace(spec, model="", model_revision="", recipe=Recipe())
    if hub.is_hub(spec.dataset):
        bare = replace(bare, k_shot=0)  # solved examples are fetched when they are needed
    return _n_read(dataset_path(task, spec.dataset, cache_dir), bare)


@cache
def _n_read(path: Path, spec: RunSpec) -> int:
    """Return how many questions are read from a path; the spec's data revision makes the answer lasting."""
    return len(TASKS[spec.task].load(path, spec))
