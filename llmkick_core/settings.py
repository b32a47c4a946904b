"""The only reader of the environment.

Each setting is a function, so that a test or a command may change the environment at any time.
"""

import os
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""Folder that holds app.py, data/ and the packages."""

BUNDLED_ROOT = PROJECT_ROOT / "data" / "bundled"
"""Folder of the bundled models and of KICK-mini."""


def store_root() -> Path:
    """Return the folder that runs write to (`LLMKICK_STORE`, default data/store)."""
    return Path(os.environ.get("LLMKICK_STORE") or PROJECT_ROOT / "data" / "store").expanduser().resolve()


def cache_root() -> Path:
    """Return the folder of what can be made or fetched again, shared by all stores (`LLMKICK_CACHE`, default data/cache): package models, dequantized GGUF files, data sets, digests."""
    return Path(os.environ.get("LLMKICK_CACHE") or PROJECT_ROOT / "data" / "cache").expanduser().resolve()


def data_cache() -> Path:
    """Return the folder of the data sets that were fetched: outside every store, so that none comes with a store of somebody else."""
    return cache_root() / "datasets"


def state_root() -> Path:
    """Return the folder of what this installation remembers outside every store (`LLMKICK_STATE`, else below `XDG_STATE_HOME` or ~/.local/state): which runs it submitted, and its key for seals."""
    usual = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state") / "llmkick"
    return Path(os.environ.get("LLMKICK_STATE") or usual).expanduser().resolve()


def model_roots() -> tuple[Path, ...]:
    """Return the folders whose sub-folders are offered as models (`LLMKICK_MODEL_ROOTS`, separated like PATH)."""
    raw = os.environ.get("LLMKICK_MODEL_ROOTS", "")
    return tuple(Path(part).expanduser().resolve() for part in raw.split(os.pathsep) if part)


def readable_roots() -> tuple[Path, ...]:
    """Return the folders below which a path typed into the app may lie: the project's data, the store, the cache, the model roots, the real data."""
    real = real_data_root()
    return tuple(path.resolve() for path in (PROJECT_ROOT / "data", store_root(), cache_root(), *model_roots(), *([real] if real else [])))


def real_data_root() -> Path | None:
    """Return the folder with the real MMLU, TriviaQA and MT-Bench (`LLMKICK_REAL_DATA`), or None where it is unset."""
    raw = os.environ.get("LLMKICK_REAL_DATA")
    return Path(raw).expanduser().resolve() if raw else None


def hub_folder() -> Path | None:
    """Return the folder of data sets that were downloaded by hand, laid out as on the hub (`LLMKICK_HUB_FOLDER`), or None where it is unset."""
    raw = os.environ.get("LLMKICK_HUB_FOLDER")
    return Path(raw).expanduser().resolve() if raw else None


def is_offline() -> bool:
    """Return whether nothing may be asked of the network (`HF_HUB_OFFLINE`)."""
    return _is_on("HF_HUB_OFFLINE")


def kept_bytes() -> int:
    """Return how many bytes of compressed models a store keeps for later runs of their recipes (`LLMKICK_KEEP_GB`, default 20)."""
    raw = os.environ.get("LLMKICK_KEEP_GB", "")
    try:
        return max(0, int(float(raw) * 1e9)) if raw else 20 * 10**9
    except (ValueError, OverflowError):
        return 20 * 10**9


def device() -> str | None:
    """Return the device asked for (`LLMKICK_DEVICE`: cpu, cuda, cuda:1), or None to choose by what is there."""
    return os.environ.get("LLMKICK_DEVICE") or None


def threads() -> int | None:
    """Return how many CPU threads the workers may use together (`LLMKICK_THREADS`, else `OMP_NUM_THREADS`), or None for all cores."""
    raw = next((raw for name in ("LLMKICK_THREADS", "OMP_NUM_THREADS") if (raw := os.environ.get(name, "")).isdigit()), None)
    return max(1, int(raw)) if raw else None


def api_key() -> str | None:
    """Return the key for the models behind the endpoint that is named (`LLMKICK_API_KEY`), or None where it is unset."""
    return os.environ.get("LLMKICK_API_KEY", "").strip() or None


def openai_api_key() -> str | None:
    """Return the key for OpenAI's own models (`OPENAI_API_KEY`), or None where it is unset."""
    return os.environ.get("OPENAI_API_KEY", "").strip() or None


def openai_organization() -> str | None:
    """Return the organization that OpenAI bills (`OPENAI_ORG_ID`), or None where it is unset."""
    return os.environ.get("OPENAI_ORG_ID", "").strip() or None


def openai_project() -> str | None:
    """Return the project that OpenAI bills (`OPENAI_PROJECT_ID`), or None where it is unset."""
    return os.environ.get("OPENAI_PROJECT_ID", "").strip() or None


def endpoint_proxies() -> bool:
    """Return whether model servers elsewhere are asked through the proxies of the environment (`LLMKICK_ENDPOINT_PROXIES=1`)."""
    return _is_on("LLMKICK_ENDPOINT_PROXIES")


def endpoint_redirects() -> bool:
    """Return whether redirects of model servers are followed (`LLMKICK_ENDPOINT_REDIRECTS=1`)."""
    return _is_on("LLMKICK_ENDPOINT_REDIRECTS")


def endpoint_concurrency() -> int:
    """Return how many requests an endpoint is sent at a time (`LLMKICK_ENDPOINT_CONCURRENCY`, default 8)."""
    return _positive("LLMKICK_ENDPOINT_CONCURRENCY") or 8


def endpoint_timeout_s() -> int:
    """Return how many seconds a reply of an endpoint may take (`LLMKICK_ENDPOINT_TIMEOUT`, default 300)."""
    return _positive("LLMKICK_ENDPOINT_TIMEOUT") or 300


def endpoint_context() -> int:
    """Return the tokens that an endpoint reads where its server does not say (`LLMKICK_ENDPOINT_CONTEXT`, default 4,096)."""
    return _positive("LLMKICK_ENDPOINT_CONTEXT") or 4096


def live_endpoints() -> tuple[str, ...]:
    """Return the addresses besides this machine's that the Live page may call (`LLMKICK_LIVE_ENDPOINTS`, separated by commas)."""
    return tuple(part.strip() for part in os.environ.get("LLMKICK_LIVE_ENDPOINTS", "").split(",") if part.strip())


def live_idle_s() -> int:
    """Return after how many seconds without a prompt a model server of the Live page ends (`LLMKICK_LIVE_IDLE`, minutes, default 10)."""
    return 60 * (_positive("LLMKICK_LIVE_IDLE") or 10)


def _positive(name: str) -> int:
    """Return a number of the environment, or 0 where it is unset or not a whole number above 0."""
    raw = os.environ.get(name, "").strip()
    return int(raw) if raw.isdecimal() else 0


def _is_on(name: str) -> bool:
    return os.environ.get(name, "").strip().upper() in ("1", "ON", "YES", "TRUE")
