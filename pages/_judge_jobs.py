"""What a judge was asked for from here or on the command line: how far it is, why it stopped, and going on."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.judge.jobs import JudgeJob, cancel, is_met, jobs, resume
from llmkick_core.store import queries
from pages import _judge_access, _judge_ask, _judge_words, _words
from pages._moving import move
from pages._shared import Page, error_box
from pages._text import label

ACTIVE = ("waiting", "running")
STATES = {
    "waiting": "starting",
    "running": "asking",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "cancelled": "cancelled",
    "interrupted": "interrupted",
}
CAP = 1.0
"""Dollars that a judging stops at which somebody else asked for."""
LOOKED_AT = "judge_foreign_looked_at"
"""In the session: the job not started here of which the page shows what it asks for."""
N_ENDED = 6
"""Jobs that ended which are listed at once."""


def active(page: Page) -> list[JudgeJob]:
    """Return the jobs that a judge is at, of any task."""
    return [job for job in jobs(page.services.executor.store) if job.state in ACTIVE]


def concerns(page: Page, job: JudgeJob) -> bool:
    """Return whether a job judges runs of the comparison in sight."""
    return bool({side.run_id for side in page.sides.values()} & set(job.request.run_ids))


def is_busy(page: Page) -> bool:
    """Return whether a judge is at work at runs of the comparison in sight."""
    return any(concerns(page, job) for job in active(page))


def strip(page: Page) -> None:
    """Draw in a line how far the judges are that are at work here; nothing where none is."""
    for job in active(page):
        if concerns(page, job):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.caption(f":orange[{label(f'Partial: {title(page, job)}: {progress(job)}', longest=300)}]", width="content")
                st.button(
                    "See it",
                    key=f"judge_see_{job.job_id}",
                    type="tertiary",
                    icon=":material/list:",
                    on_click=move,
                    kwargs={"view": "start"},
                )


def await_first(page: Page, *, is_filling: bool) -> None:
    """Draw how far the judges are while none has said anything yet; the page is drawn anew with the first judgment, and when they have ended."""
    page.services.refresh()
    if queries.judge_setups(page.db, str(page.comparison_id)) or (is_filling and not is_busy(page)):
        st.rerun()
    strip(page)


def title(page: Page, job: JudgeJob) -> str:
    """Return what a job is: `gpt-4o, against a reference, Wanda 50%, Summarization`."""
    tasks = {status.run_id: _words.task_title(spec.task) for spec, status in page.jobs}
    about = " and ".join(dict.fromkeys(tasks[run_id] for run_id in job.request.run_ids if run_id in tasks))
    names = [page.all_sides[run_id].title for run_id in job.request.run_ids if run_id in page.all_sides]
    what = names[0] if len(names) == 1 and len(job.request.run_ids) == 1 else _words.many(len(job.request.run_ids), "run")
    return f"{job.request.model}, {_judge_words.protocol_title(job.request.protocol).lower()}, {what}{f', {about}' if about else ''}"


def progress(job: JudgeJob) -> str:
    """Return how far a job is: `120 of 360 judgments, 4 without a verdict, $0.12, 2 min left`."""
    n_done, n_total = job.n_before + job.n_done, job.n_before + job.n_total
    words = ["stopping"] if job.is_stopping else []
    words.append(f"{n_done:,} of {_words.many(n_total, 'judgment')}" if job.n_total else STATES[job.state])
    n_failed = sum(job.outcomes.get(kind, 0) for kind in _judge_words.FAILURES)
    if n_failed:
        words.append(f"{n_failed:,} without a verdict")
    if job.cost:
        words.append(f"${job.cost:,.2f}")
    if job.eta_s is not None and job.state == "running" and not job.is_stopping:
        words.append(f"{_words.duration(job.eta_s)} left")
    return ", ".join(words)


def draw(page: Page, at_work_before: tuple[str, ...]) -> None:
    """Draw all jobs: those at work with their progress, those that stopped with why, and how to go on.

    Args:
        page: the page.
        at_work_before: the jobs that were at work when the page was drawn; it is drawn anew where others are now.
    """
    page.services.refresh()
    found = jobs(page.services.executor.store)
    if tuple(job.job_id for job in found if job.state in ACTIVE) != at_work_before:
        st.rerun()
    if said := st.session_state.pop("judge_job_error", ""):
        st.error(label(said, longest=800), title="The judge could not be told", icon=":material/error:")
    st.subheader("Asked so far", anchor=False)
    if not found:
        st.info(
            "No judge has been asked from this store yet. What you start above appears here with its progress.",
            icon=":material/hourglass_empty:",
        )
        return
    for job in found:
        if job.state in ACTIVE:
            at_work(page, job)
    ended = [job for job in found if job.state not in ACTIVE]
    for job in ended[:N_ENDED]:
        over(page, job, is_left=not is_met(job, found))
    if len(ended) > N_ENDED:
        st.caption(f"{_words.many(len(ended) - N_ENDED, 'older job')} not shown.")


def at_work(page: Page, job: JudgeJob) -> None:
    """Draw a job that a judge is at."""
    with st.container(border=True):
        bar, button = st.columns([8, 2], vertical_alignment="center")
        n_all = job.n_before + job.n_total
        share = min(1.0, (job.n_before + job.n_done) / n_all) if n_all else 0.0
        bar.progress(share, text=label(f"{title(page, job)}: {progress(job)}", longest=400))
        text = "Stopping …" if job.is_stopping else "Cancel"
        key = f"judge_cancel_{job.job_id}"
        button.button(text, key=key, on_click=stop, args=(page, job.job_id), width="stretch", disabled=job.is_stopping)


def over(page: Page, job: JudgeJob, *, is_left: bool) -> None:
    """Draw a job that ended: how, why, and the button that goes on where something is left."""
    with st.container(border=True):
        text, button = st.columns([8, 2], vertical_alignment="center")
        colour = "green" if job.state == "done" else "orange"
        reason = f"  \n{label(job.message, longest=600)}" if job.message else ""
        text.markdown(
            f"**{label(title(page, job), longest=200)}** :{colour}[{STATES[job.state]}] · {label(progress(job), longest=200)}{reason}"
        )
        if job.state == "done" and concerns(page, job):
            button.button(
                "See what it says", key=f"judge_said_{job.job_id}", on_click=move, kwargs={"view": None, "judge": None}, width="stretch"
            )
        elif job.state != "done" and not is_left:
            button.caption("Judged since, by another request.")
        elif job.state != "done" and job.is_foreign:
            button.button(
                "Look at it",
                key=f"judge_look_{job.job_id}",
                on_click=look_at,
                args=(job.job_id,),
                width="stretch",
                icon=":material/front_hand:",
                help="It was not started here: see what it asks, where, and at what price, before anything is sent.",
            )
        elif job.state != "done":
            button.button(
                "Go on",
                key=f"judge_go_on_{job.job_id}",
                on_click=go_on,
                args=(page, job),
                width="stretch",
                icon=":material/play_arrow:",
                help="Asks what is left; its limits count anew.",
            )
        if job.is_foreign and job.state != "done" and st.session_state.get(LOOKED_AT) == job.job_id:
            foreign(page, job)


def foreign(page: Page, job: JudgeJob) -> None:
    """Draw what a job asks for that was not started here, and the buttons that ask for the same anew; its price and caps are not taken over."""
    request = replace(job.request, price=None, max_cost=CAP, max_requests=None, max_total_tokens=None)
    st.caption(
        f"Not started here. Asked anew it has the price of your tables and stops at ${CAP:,.2f}; the form above takes other limits.",
    )
    try:
        access = _judge_access.access(request.url, request.model)
    except LlmkickError as error:
        error_box(error)
        return
    _judge_ask.comes_to(page, request, access, key=f"judge_foreign_{job.job_id}")


def look_at(job_id: str) -> None:
    """Show or hide what a job asks for that was not started here."""
    st.session_state[LOOKED_AT] = None if st.session_state.get(LOOKED_AT) == job_id else job_id


def stop(page: Page, job_id: str) -> None:
    """Ask a job to stop."""
    try:
        cancel(page.services.executor.store, job_id)
    except LlmkickError as error:
        st.session_state["judge_job_error"] = str(error)


def go_on(page: Page, job: JudgeJob) -> None:
    """Start a process that goes on with a job, within the caps that were agreed to."""
    try:
        access = _judge_access.access(job.request.url, job.request.model)
        resume(page.services.executor.store, job.job_id, access.key or "")
    except LlmkickError as error:
        st.session_state["judge_job_error"] = str(error)
