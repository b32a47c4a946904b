"""A storm of faults: thousands of judgments through a server of which a third of the replies are bad, in every way that has a name.

    PYTHONPATH=. python benchmarks/judge_storm.py --judgments 2000 --at-once 16 --bad 0.3

A run of summaries is judged against reference summaries in both orders, by the same plan, session and files as `judge`. What must be 0 whatever the storm: judgments
that are lost or doubled, that were asked again after they had an answer, or that got the verdict of another; requests above the cap. Then the same command runs
again and must ask nothing; and with --retry, on a server that has recovered, it must ask just what failed. The server and who asks it share a process here, on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from llmkick_core.judge.jobs import create, work
from llmkick_core.judge.prices import Price
from llmkick_core.judge.request import JudgeRequest
from llmkick_core.judge.session import End
from llmkick_core.judgment import FAILURES, Judgment
from llmkick_core.schema import Answer, RunSpec, Sample
from llmkick_core.store.judgings import judging_ids, read_judgments
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec
from tests.judge.fake_judge import FakeJudge, Judge
from tests.judge.faults import ANSWERS, PASSING, Asked, Plan, randomly


class Seen:
    """A plan that keeps what it did: how often each question was answered for good, and what was said in the end."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.final: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.last: dict[str, tuple[Asked, str]] = {}

    def __call__(self, asked: Asked) -> str:
        fault = self.plan(asked)
        self.faults[fault] += 1
        self.last[asked.about] = (asked, fault)
        if fault not in PASSING:
            self.final[asked.about] += 1
        return fault


def write_run(store: Path, n: int) -> str:
    """Write a run of n summaries, no two alike, and return its id."""
    spec = RunSpec(model="bundled:storm", task="summarization")
    samples = [
        Sample(
            sample_id=f"story/{i}",
            question=f"Story {i}",
            turns=("Summarize.",),
            evidence=f"Story {i} tells {'of one thing more and ' * (i % 9 + 1)}of how {i} ended.",
            reference=f"This is what story {i} tells, in words of its own.",
        )
        for i in range(n)
    ]
    write_spec(store, spec)
    write_samples(store, spec.run_id, samples)
    answers = [
        Answer(run_id=spec.run_id, sample_id=one.sample_id, text=f"{'More and more ' * (i % 5)}of {i}.") for i, one in enumerate(samples)
    ]
    append_part(run_dir(store, spec.run_id), answers, [])
    return spec.run_id


def ask(store: Path, wanted: JudgeRequest) -> tuple[End, float]:
    """Return how it ended, and the seconds it took."""
    started = time.perf_counter()
    end = work(store, create(store, wanted))
    return end, time.perf_counter() - started


def judgments(store: Path) -> list[Judgment]:
    """Return every line of every judging."""
    return [one for judging_id in judging_ids(store) for one in read_judgments(store, judging_id)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judgments", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--bad", type=float, default=0.3, help="share of replies that are bad, 0-1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=1, help="seconds that a reply may take")
    parser.add_argument("--max-requests", type=int, default=0, help="cap on requests; 0 is twice the judgments")
    parser.add_argument("--max-cost", type=float, default=None, help="cap in dollars, at $2.50 and $10 a million tokens")
    args = parser.parse_args()
    os.environ["LLMKICK_ENDPOINT_TIMEOUT"] = str(args.timeout)
    seen = Seen(randomly(args.bad, seed=args.seed))
    judge = Judge(plan=seen)
    with tempfile.TemporaryDirectory() as folder, FakeJudge(judge) as fake:
        store = Path(folder)
        wanted = JudgeRequest(
            run_ids=(write_run(store, args.judgments // 2),),
            protocol="reference",
            references="dataset",
            url=fake.url,
            model="judge",
            concurrency=args.at_once,
            max_requests=args.max_requests or 2 * args.judgments,
            max_cost=args.max_cost,
            price=Price(input=2.5, output=10.0),
        )
        end, took_s = ask(store, wanted)
        made, n_sent = judgments(store), len(fake.asked)
        report(made, end, judge, seen, {"sent": n_sent, "cap": wanted.max_requests or 0, "at once": fake.most_at_once}, took_s)
        again, _ = ask(store, wanted)
        print(f"{'the same again':42} {again.progress.n_requests:>12,} requests")
        seen.plan = lambda asked: ""
        retried, _ = ask(store, replace(wanted, is_retrying=True))
        n_failed = sum(one.outcome in FAILURES for one in made)
        print(
            f"{'--retry, the server well again':42} {retried.progress.n_requests:>12,} requests for {n_failed:,} failures, outcomes {retried.progress.outcomes}"
        )


def report(made: list[Judgment], end: End, judge: Judge, seen: Seen, counts: dict[str, int], took_s: float) -> None:
    by_slot = Counter(one.slot for one in made)
    said = Counter(one.reply for one in made if one.outcome == "scored")
    meant = Counter(judge.verdict(asked) for asked, fault in seen.last.values() if fault == "")
    rows = {
        "judgments asked for": end.progress.n_total,
        **{f"  {name}": n for name, n in Counter(one.outcome for one in made).most_common()},
        "lost": end.progress.n_total - len(by_slot),
        "doubled": len(made) - len(by_slot),
        "asked again after an answer": sum(n - 1 for n in seen.final.values() if n > 1),
        "good replies that are no judgment": sum((meant - said).values()),
        "failures without a reason": sum(one.outcome in FAILURES and not one.reason for one in made),
        "requests sent": counts["sent"],
        "requests counted": end.progress.n_requests,
        "cap on requests": counts["cap"],
        "bad replies": sum(n for name, n in seen.faults.items() if name),
        "kinds of bad replies": f"{len([name for name in seen.faults if name])} of {len(PASSING) + len(ANSWERS)}",
        "most at once": counts["at once"],
        "tokens": end.progress.n_tokens,
        "spent at most": f"${end.progress.cost or 0:.4f}",
        "wall time": f"{took_s:.1f} s",
    }
    for name, value in rows.items():
        print(f"{name:42} {value:>12,}" if isinstance(value, int) else f"{name:42} {value}")
    if end.message:
        print(f"\n{end.state}: {end.message}")


if __name__ == "__main__":
    main()
