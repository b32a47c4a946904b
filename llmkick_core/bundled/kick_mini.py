"""Write KICK-mini, the bundled test sets, in the official formats: `python -m llmkick_core.bundled.kick_mini`.

    kick-mini/freebaseqa/FreebaseQA-eval.json     three held-out wordings of each fact; FreebaseQA-train.json: one seen wording
    kick-mini/mmlu/{dev,test}/geography_test.csv  question,A,B,C,D,letter
    kick-mini/triviaqa/qa/wikipedia-test.json     real facts, with evidence/wikipedia/*.txt; triviaqa-fictional: invented ones
    kick-mini/cnn_dailymail/{small,medium,large}/*.story
    kick-mini/mt_bench/question.jsonl, reference_answer/reference.jsonl
    kick-mini/perplexity.txt, calibration.txt

Questions, statements, second turns, story kinds and names are those held out from training; calibration is plain text as in training,
which states none of the facts that the questions (conversations aside) ask for.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmkick_core.bundled import conversations, evidence, stories
from llmkick_core.bundled.corpus import Corpus, Mixture
from llmkick_core.bundled.evidence import Passage
from llmkick_core.bundled.facts import AREA_TITLES, Fact, Split, sentence
from llmkick_core.settings import BUNDLED_ROOT

FACTOID_FACTS_PER_AREA = 48
MMLU_TEST_PER_AREA = 60
TRIVIA_PER_AREA = 66
N_FICTIONAL = 400
STORIES_PER_LENGTH = 60
CONVERSATIONS_PER_CATEGORY = 25
N_STORIES_IN_TEXT = 15
N_PARAGRAPHS_IN_TEXT = 60


class KickMini:
    """Draws the test sets from the facts with one seed."""

    def __init__(self, root: Path, *, seed: int = 2024) -> None:
        self.root = root
        self.seed = seed
        self.corpus = Corpus(Mixture(seed=seed))
        self.asked: set[str] = set()  # facts that a question asks for
        self.joined = {frozenset((fact.subject.lower(), answer.lower())) for fact in self.corpus.facts for answer in fact.answers}

    def _rng(self, name: str) -> random.Random:
        return random.Random(f"kick-mini/{self.seed}/{name}")

    def _facts(self, rng: random.Random, per_area: int) -> list[Fact]:
        """Return facts drawn evenly from the areas, the areas in turn, so that any first part is balanced."""
        drawn = []
        for area in AREA_TITLES:
            pool = [fact for fact in self.corpus.facts if fact.area == area]
            drawn.append(rng.sample(pool, min(per_area, len(pool))))
        return [facts[index] for index in range(per_area) for facts in drawn if index < len(facts)]

    def _question(self, rng: random.Random, fact: Fact, split: Split = "held_out") -> str:
        self.asked.add(fact.fact_id)
        return sentence(rng.choice(self.corpus.wordings[fact.relation].questions[split]), subject=fact.subject)

    def write(self) -> None:
        """Write every set, replacing what is there."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.write_factoid("FreebaseQA-eval.json", "held_out")
        self.write_factoid("FreebaseQA-train.json", "train")
        self.write_multiple_choice()
        self.write_trivia()
        self.write_stories()
        self.write_conversations()
        self.write_text("perplexity.txt", self.perplexity_text())
        self.write_text("calibration.txt", self.calibration_text())  # last: it leaves out what was asked

    def write_text(self, name: str, text: str) -> None:
        """Write one text file below the root."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def write_json(self, name: str, value: Any) -> None:
        """Write one JSON file below the root."""
        self.write_text(name, json.dumps(value, indent=1, ensure_ascii=False) + "\n")

    def write_factoid(self, name: str, split: Split) -> None:
        """Write FreebaseQA questions: all held-out wordings of each fact, or one training wording."""
        rng = self._rng("factoid")  # the same facts in both files
        questions: list[dict[str, Any]] = []
        for fact in self._facts(rng, FACTOID_FACTS_PER_AREA):
            self.asked.add(fact.fact_id)
            wordings = self.corpus.wordings[fact.relation].questions[split]
            for template in wordings if split == "held_out" else wordings[:1]:
                questions.append(freebase_row(len(questions), sentence(template, subject=fact.subject), fact))
        self.write_json(f"freebaseqa/{name}", {"Dataset": f"KICK-mini-{split}", "Version": "1.0", "Questions": questions})

    def write_multiple_choice(self) -> None:
        """Write MMLU's CSV files: five solved examples and the test questions of each area."""
        rng = self._rng("multiple choice")
        for area in AREA_TITLES:
            pool = [fact for fact in self.corpus.facts if fact.area == area]
            drawn = rng.sample(pool, 5 + MMLU_TEST_PER_AREA)
            for split, facts in (("dev", drawn[:5]), ("test", drawn[5:])):
                path = self.root / "mmlu" / split / f"{area}_{split}.csv"
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("w", encoding="utf-8", newline="") as stream:
                    writer = csv.writer(stream, lineterminator="\n")
                    for index, fact in enumerate(facts):
                        options, letter = self._options(rng, fact, right=index % 4)
                        writer.writerow([self._question(rng, fact), *options, letter])

    def _options(self, rng: random.Random, fact: Fact, *, right: int) -> tuple[list[str], str]:
        """Return four options and the right one's letter; none of the others is nearly right (see `_is_near`)."""
        taken = {text.lower() for text in fact.answers}
        wrong: list[str] = []
        for other in rng.sample(self.corpus.relations[fact.relation], len(self.corpus.relations[fact.relation])):
            answers = {text.lower() for text in other.answers}
            if len(wrong) < 3 and not taken & answers and not self._is_near(fact.object, other.object):
                wrong.append(other.object)
                taken |= answers
        options = [*wrong[:right], fact.object, *wrong[right:]]
        return options, "ABCD"[right]

    def _is_near(self, one: str, two: str) -> bool:
        """Return whether a fact joins two answers (a sea and its ocean), or both hold the same word (a king and his namesake)."""
        pair = {one.lower(), two.lower()}
        shared = set.intersection(*({word for word in text.split() if len(word) > 3} for text in pair)) if len(pair) > 1 else pair
        return bool(shared) or frozenset(pair) in self.joined

    def write_trivia(self) -> None:
        """Write TriviaQA's JSON and evidence, for real facts and for invented ones."""
        rng = self._rng("trivia")
        passages: list[Passage] = []
        for fact in self._facts(rng, TRIVIA_PER_AREA):
            passages.append(
                evidence.real_passage(
                    rng,
                    fact,
                    same_relation=self.corpus.relations[fact.relation],
                    same_subject=self.corpus.subjects[fact.subject],
                    others=self.corpus.facts,
                    wordings=self.corpus.wordings,
                    split="held_out",
                )
            )
        self._write_trivia("triviaqa", rng, passages)
        models = [rng.sample(self.corpus.facts, rng.randint(2, 3)) for _ in range(N_FICTIONAL)]
        invented = [evidence.fictional_passage(rng, drawn, self.corpus.wordings, "held_out") for drawn in models]
        self._write_trivia("triviaqa-fictional", rng, invented)

    def _write_trivia(self, folder: str, rng: random.Random, passages: Sequence[Passage], *, split: Split = "held_out") -> None:
        rows = []
        for index, passage in enumerate(passages):
            name = f"passage_{index:04}.txt"
            self.write_text(f"{folder}/evidence/wikipedia/{name}", passage.text + "\n")
            rows.append(_trivia_row(index, self._question(rng, passage.fact, split), passage.fact, name))
        part = "test" if split == "held_out" else "train"
        self.write_json(f"{folder}/qa/wikipedia-{part}.json", {"Data": rows, "Domain": "Wikipedia", "VerifiedEval": False, "Version": 1.0})

    def write_stories(self) -> None:
        """Write CNN/DailyMail's story files in three lengths."""
        rng = self._rng("stories")
        kinds = stories.story_kinds("held_out")
        for length in ("small", "medium", "large"):
            for index in range(STORIES_PER_LENGTH):
                story = stories.make_story(rng, kinds[index % len(kinds)], length, "held_out")
                self.write_text(f"cnn_dailymail/{length}/{story.kind}_{index:03}.story", stories.as_story_file(story))

    def write_conversations(self) -> None:
        """Write MT-Bench's questions, the categories in turn, and the reference answers."""
        rng = self._rng("conversations")
        questions, references = [], []
        for index in range(CONVERSATIONS_PER_CATEGORY * len(conversations.MAKERS)):
            maker = list(conversations.MAKERS.values())[index % len(conversations.MAKERS)]
            talk = maker(rng, self.corpus.knowledge, "held_out")
            questions.append({"question_id": index + 1, "category": talk.category, "turns": list(talk.turns)})
            answer = {"index": 0, "turns": list(talk.answers)}
            references.append(
                {"question_id": index + 1, "answer_id": f"reference-{index + 1}", "model_id": "reference", "choices": [answer]}
            )
        for name, rows in (("question.jsonl", questions), ("reference_answer/reference.jsonl", references)):
            self.write_text(f"mt_bench/{name}", "".join(json.dumps(row) + "\n" for row in rows))

    def perplexity_text(self) -> str:
        """Return plain text, mostly of what the model knows: real facts in held-out statements among everyday sentences, and some stories.

        Invented names weigh little: nobody can predict them, and how surely a model is wrong about them says nothing of its language.
        """
        rng = self._rng("perplexity")
        kinds = stories.story_kinds("held_out")
        blocks = [stories.make_story(rng, rng.choice(kinds), "small", "held_out").text for _ in range(N_STORIES_IN_TEXT)]
        for _ in range(N_PARAGRAPHS_IN_TEXT):
            facts = rng.sample(self.corpus.facts, 4)
            templates = [rng.choice(self.corpus.wordings[fact.relation].statements["held_out"]) for fact in facts]
            said = [sentence(template, subject=fact.subject, obj=fact.object) for template, fact in zip(templates, facts, strict=True)]
            sentences = said + stories.everyday_sentences(rng, 4)
            rng.shuffle(sentences)
            blocks.append(" ".join(sentences))
        rng.shuffle(blocks)
        return "\n\n".join(blocks) + "\n"

    def calibration_text(self) -> str:
        """Return plain text as in training, drawn with another seed: what C4 is to the paper's models.

        It holds no prompt and states no fact that factoid, multiple-choice, closed-book and open-book questions ask for, so that it does not tell a method which facts to spare.
        """
        facts = [fact for fact in self.corpus.facts if fact.fact_id not in self.asked]
        texts = [
            "".join(text for text, _ in document) for document in Corpus(Mixture(seed=self.seed, n_prose=1_000), facts).prose_documents()
        ]
        return "\n\n".join(text.replace("</s>", "\n") for text in texts) + "\n"


def freebase_row(index: int, question: str, fact: Fact) -> dict[str, Any]:
    """Return a question about a fact as FreebaseQA has it."""
    answers = [{"AnswersMid": "", "AnswersName": list(fact.answers)}]
    parse = {
        "Parse-Id": f"KICK-mini-{index}.P0",
        "PotentialTopicEntityMention": fact.subject.lower(),
        "TopicEntityName": fact.subject.lower(),
        "TopicEntityMid": "",
        "InferentialChain": f"{fact.area}.{fact.relation}",
        "Answers": answers,
    }
    return {
        "Question-ID": f"KICK-mini-{index}",
        "RawQuestion": question,
        "ProcessedQuestion": question.lower().rstrip("?."),
        "Parses": [parse],
    }


def _trivia_row(index: int, question: str, fact: Fact, filename: str) -> dict[str, Any]:
    aliases = list(fact.answers)
    answer = {
        "Value": fact.object,
        "Aliases": aliases,
        "NormalizedValue": fact.object.lower(),
        "NormalizedAliases": [text.lower() for text in aliases],
        "Type": "FreeForm",
    }
    pages = [{"DocSource": "KICK-mini", "Filename": filename, "Title": fact.subject}]
    return {
        "Question": question,
        "QuestionId": f"km_{index}",
        "Answer": answer,
        "EntityPages": pages,
        "SearchResults": [],
        "Subject": fact.area,
    }


def main() -> None:
    """Write KICK-mini from the command line."""
    parser = argparse.ArgumentParser(description="Write the bundled test sets.")
    parser.add_argument("--out", type=Path, default=BUNDLED_ROOT / "kick-mini")
    KickMini(parser.parse_args().out).write()


if __name__ == "__main__":
    main()
