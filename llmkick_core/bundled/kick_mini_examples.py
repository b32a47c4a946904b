"""Solved examples for KICK-mini, in the official formats: `python -m llmkick_core.bundled.kick_mini_examples`.

    kick-mini-train/freebaseqa/FreebaseQA-train.json        facts that no question of KICK-mini asks for, in wordings of training
    kick-mini-train/triviaqa/qa/wikipedia-train.json        others, with evidence/wikipedia/*.txt
    kick-mini-train/triviaqa-fictional/qa/...               invented ones

They lie beside KICK-mini, not in it: what tells the bundled questions of stored runs from others is a digest of their folder.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

from llmkick_core.bundled import evidence
from llmkick_core.bundled.evidence import Passage
from llmkick_core.bundled.facts import AREA_TITLES, Fact, sentence
from llmkick_core.bundled.kick_mini import KickMini, freebase_row
from llmkick_core.settings import BUNDLED_ROOT

PER_AREA = 4
"""Facts of each area, for factoid QA and again for TriviaQA."""
N_FICTIONAL = 36


class KickMiniExamples(KickMini):
    """Draws solved examples from the facts that KICK-mini leaves."""

    def write(self) -> None:
        """Write every set, replacing what is there."""
        free = self._free_facts()
        drawn = self._drawn(free)
        half = PER_AREA * len(AREA_TITLES)
        questions = [
            freebase_row(index, sentence(self.corpus.wordings[fact.relation].questions["train"][0], subject=fact.subject), fact)
            for index, fact in enumerate(drawn[:half])
        ]
        for index, question in enumerate(questions):
            question["Question-ID"] = f"KICK-mini-train-{index}"
        self.write_json("freebaseqa/FreebaseQA-train.json", {"Dataset": "KICK-mini-train", "Version": "1.0", "Questions": questions})
        rng = self._rng("example passages")
        self._write_trivia("triviaqa", rng, [self._passage(rng, fact, free) for fact in drawn[half:]], split="train")
        models = [rng.sample(free, rng.randint(2, 3)) for _ in range(N_FICTIONAL)]
        invented = [evidence.fictional_passage(rng, some, self.corpus.wordings, "train") for some in models]
        self._write_trivia("triviaqa-fictional", rng, invented, split="train")

    def _free_facts(self) -> list[Fact]:
        """Return the facts that no question of KICK-mini asks for, of subjects that none asks about."""
        with tempfile.TemporaryDirectory() as folder:
            mini = KickMini(Path(folder) / "kick-mini", seed=self.seed)
            mini.write()
        subjects = {fact.subject for fact in self.corpus.facts if fact.fact_id in mini.asked}
        return [fact for fact in self.corpus.facts if fact.subject not in subjects]

    def _drawn(self, free: list[Fact]) -> list[Fact]:
        """Return facts of all areas in turn, no subject twice."""
        rng = self._rng("examples")
        by_area = []
        for area in AREA_TITLES:
            pool = list({fact.subject: fact for fact in free if fact.area == area}.values())
            by_area.append(rng.sample(pool, 2 * PER_AREA))
        return [facts[index] for index in range(2 * PER_AREA) for facts in by_area]

    def _passage(self, rng: random.Random, fact: Fact, free: list[Fact]) -> Passage:
        """Return a passage that states a fact among others that no question asks for."""
        return evidence.real_passage(
            rng,
            fact,
            same_relation=[one for one in free if one.relation == fact.relation],
            same_subject=[one for one in free if one.subject == fact.subject],
            others=free,
            wordings=self.corpus.wordings,
            split="train",
        )


def main() -> None:
    """Write the examples from the command line."""
    parser = argparse.ArgumentParser(description="Write solved examples for the bundled test sets.")
    parser.add_argument("--out", type=Path, default=BUNDLED_ROOT / "kick-mini-train")
    KickMiniExamples(parser.parse_args().out).write()


if __name__ == "__main__":
    main()
