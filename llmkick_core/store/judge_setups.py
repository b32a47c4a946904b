"""Which judges have judged a comparison: judge and protocol together are a setup, over all runs that have one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llmkick_core.fingerprint import digest
from llmkick_core.judgment import IMPORTED, Way, way_of
from llmkick_core.store.database import Database
from llmkick_core.store.judged import ABOUT
from llmkick_core.store.tallies import recipe_order


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One judge, one protocol and one opponent, over all runs of a comparison that were judged so."""

    key: str
    """Short, for a link: protocol~piece of a hash of all that tells setups apart."""
    protocol: str
    """Its name: reference, single, pairwise, or another one."""
    opponent: str
    """`dataset`, a run, or nothing."""
    url: str
    """The judge's server; `imported` where judgments came from a file."""
    model: str
    """The judge, as its server calls it."""
    prompt_version: int
    """Version of the protocol's prompt."""
    temperature: float
    """Of the judge's tokens."""
    judging_ids: tuple[str, ...]
    """Of the comparison's runs that have judgments, in recipe order, dense first."""
    n_judgments: int
    """Judgments that count."""
    n_repeats: int
    """Times that the same was asked, at most."""
    way: Way
    """What the protocol makes of an answer: reference, single or pairwise."""
    is_one_order: bool
    """Whether answers were compared in one order only, without a swap: so are some imported ones."""


_JUDGINGS = """
SELECT g.judging_id, g.run_id, g.protocol, g.opponent, g.url, g.model, g.prompt_version, g.temperature, count(*) AS n,
    max(j.repeat) + 1 AS n_repeats, count(DISTINCT j.place) AS n_places, bool_or(j.winner <> '') AS has_winner
FROM runs r JOIN judgings g USING (run_id) JOIN judgments j ON j.judging_id = g.judging_id AND j.is_current
WHERE r.comparison_id = $comparison GROUP BY ALL
"""
_SAME = ("protocol", "opponent", "url", "model", "prompt_version", "temperature")


def judge_setups(db: Database, comparison_id: str) -> list[Setup]:
    """Return the setups by which a comparison was judged, the one with most judgments first; do not change the list, it is kept and shared."""
    setups: list[Setup] = db.remember(("setups", comparison_id), lambda: _setups(db, comparison_id), about=ABOUT)
    return setups


def _setups(db: Database, comparison_id: str) -> list[Setup]:
    order = recipe_order(db)
    frame = db.query(_JUDGINGS, {"comparison": comparison_id})
    frame = frame.iloc[frame["run_id"].map(order).argsort(kind="stable")]
    found = []
    for values, mine in frame.groupby(list(_SAME), sort=False):
        what: dict[str, Any] = dict(zip(_SAME, values, strict=True))
        what |= {"prompt_version": int(what["prompt_version"]), "temperature": float(what["temperature"])}
        way = way_of(what["protocol"], what["opponent"], has_winner=bool(mine["has_winner"].any()))
        found.append(
            Setup(
                key=f"{what['protocol']}~{digest(list(what.values()))[:6]}",
                judging_ids=tuple(mine["judging_id"]),
                n_judgments=int(mine["n"].sum()),
                n_repeats=int(mine["n_repeats"].max()),
                is_one_order=way != "single" and what["url"] == IMPORTED and bool((mine["n_places"] < 2).any()),
                way=way,
                **what,
            )
        )
    return sorted(found, key=lambda setup: (-setup.n_judgments, setup.key))
