"""A storm of faults: thousands of judgments through a server of which a third of the replies are bad, in every way that has a name.

    PYTHONPATH=. python benchmarks/judge_storm.py --judgments 2000 --at-once 16 --bad 0.3

What must be 0 whatever the storm: judgments that are lost, that were asked again after they had an answer, or that got the answer of another; requests above the
cap. The server and who asks it share a process here, on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from llmkick_core.errors import LlmkickError
from llmkick_core.judge.base import Question, Reply, Wanted
from llmkick_core.judge.budget import Budget
from llmkick_core.judge.client import Client
from llmkick_core.judge.prices import Price
from tests.judge.fake_judge import FakeJudge, Judge
from tests.judge.faults import ANSWERS, PASSING, Asked, Plan, randomly

WANTED = Wanted(kind="scores", n_sides=2, aspects=("coherence", "consistency", "fluency", "relevance"))
SLOW = ("slow headers", "hung body", "dripping body")


class Seen:
    """A plan that keeps what it did: how often each question was answered for good, and what was wrong."""

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


def questions(n: int) -> list[Question]:
    """Return so many questions, no two the same."""
    return [
        Question(
            system="You judge two answers.",
            shown=f"Question {i}\n\n<answer-1-0123456789ab>\n{'one more word and ' * (i % 9 + 1)}the end of {i}\n</answer-1-0123456789ab>\n\n"
            f"<answer-2-0123456789ab>\nAn answer of its own to {i}, which says something else.\n</answer-2-0123456789ab>",
            wanted=WANTED,
        )
        for i in range(n)
    ]


async def judged(asked: Sequence[Question], *, url: str, budget: Budget, n_at_once: int, timeout_s: float) -> list[Reply | BaseException]:
    """Return what came of each question."""
    async with Client(url=url, model="judge", budget=budget, concurrency=n_at_once, timeout_s=timeout_s, first_wait_s=0.05) as client:
        return list(await asyncio.gather(*map(client.ask, asked), return_exceptions=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judgments", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--bad", type=float, default=0.3, help="share of replies that are bad, 0-1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=1.0, help="seconds that a reply may take")
    parser.add_argument("--max-requests", type=int, default=0, help="cap on requests; 0 is twice the judgments")
    parser.add_argument("--max-cost", type=float, default=None, help="cap in dollars, at $2.50 and $10 a million tokens")
    args = parser.parse_args()
    seen = Seen(randomly(args.bad, seed=args.seed))
    judge = Judge(plan=seen)
    cap = args.max_requests or 2 * args.judgments
    budget = Budget(max_requests=cap, max_cost=args.max_cost, price=Price(input=2.5, output=10.0))
    asked = questions(args.judgments)
    with FakeJudge(judge) as fake:
        started = time.perf_counter()
        found = asyncio.run(judged(asked, url=fake.url, budget=budget, n_at_once=args.at_once, timeout_s=args.timeout))
        took_s = time.perf_counter() - started
        n_asked, most_at_once = len(fake.asked), fake.most_at_once
    report(asked, found, judge, seen, budget, {"took": took_s, "asked": n_asked, "at once": most_at_once})


def report(
    asked: Sequence[Question], found: Sequence[Reply | BaseException], judge: Judge, seen: Seen, budget: Budget, measured: dict[str, float]
) -> None:
    replies = [one for one in found if isinstance(one, Reply)]
    ended = [one for one in found if isinstance(one, LlmkickError)]
    outcomes = Counter(one.outcome for one in replies)
    swapped = 0
    for question, reply in zip(asked, found, strict=True):
        request, fault = seen.last.get(question.shown, (None, "?"))
        if request is not None and fault == "" and isinstance(reply, Reply):
            swapped += reply.text != judge.verdict(request)
    rows = {
        "judgments": len(asked),
        **{f"  {name}": n for name, n in outcomes.most_common()},
        "  not asked (a cap, an end)": len(ended),
        "lost": len(asked) - len(replies) - len(ended),
        "asked again after an answer": sum(n - 1 for n in seen.final.values() if n > 1),
        "the answer of another": swapped,
        "requests sent": int(measured["asked"]),
        "requests counted": budget.n_requests,
        "cap on requests": budget.max_requests,
        "requests beyond the first of a judgment": sum(max(0, one.n_tries - 1) for one in replies),
        "requests whose reply never came": budget.n_lost,
        "bad replies": sum(n for name, n in seen.faults.items() if name),
        "kinds of bad replies": f"{len([name for name in seen.faults if name])} of {len(PASSING) + len(ANSWERS)}",
        "most at once": int(measured["at once"]),
        "tokens of the replies": sum(one.prompt_tokens + one.completion_tokens for one in replies),
        "spent at most": f"${budget.cost:.4f}, ${budget.lost_cost:.4f} of it for replies that never came"
        + (f", of a cap of ${budget.max_cost:g}" if budget.max_cost is not None else ""),
        "wall time": f"{measured['took']:.1f} s",
    }
    for name, value in rows.items():
        print(f"{name:42} {value:>12,}" if isinstance(value, int) else f"{name:42} {value}")
    if ended:
        print(f"\n{ended[0]}")


if __name__ == "__main__":
    main()
