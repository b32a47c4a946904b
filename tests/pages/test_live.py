"""Live without a browser: what stands there before, while and after models answer, the models behind a server that says what a test wants."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core.live import sources
from llmkick_core.live.sources import Remote, source_of
from llmkick_core.schema import Recipe, RunSpec
from pages._text import label
from tests.interchange.fastchat_files import chats
from tests.live.streams import Endless, answer
from tests.models.fake_server import FakeServer, Reply, refused
from tests.synthetic_store import HOSTILE, HOSTILE_ID, make_store, samples_of

Start = Callable[[Path], AppTest]
PAIR = [Recipe(), Recipe(method="wanda", sparsity=0.5)]
PATIENCE_S = 60.0


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    make_store(tmp_path, n_each=3, recipes=PAIR, tasks=("factoid_qa", "multiple_choice"))
    return tmp_path


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., FakeServer]]:
    """Return a function that lets each recipe answer as it says, by a server of the test's own."""
    servers = []

    def start(**replies: Reply) -> FakeServer:
        def reply(path: str, body: dict[str, Any]) -> Reply:
            return replies[body["model"]]

        servers.append(FakeServer(reply).__enter__())
        monkeypatch.setattr(sources, "source_of", lambda spec: behind(servers[-1].url, spec))
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__()


def behind(url: str, spec: RunSpec) -> Remote:
    return Remote(url=url, name=spec.recipe.label.replace("-", "_"), has_key=False)


def opened(app: Start, store: Path, **words: str) -> AppTest:
    at = app(store)
    for name, word in words.items():
        at.query_params[name] = word
    at.switch_page("pages/live.py").run()
    assert not at.exception
    return at


def sentence(at: AppTest) -> str:
    return next(re.sub("<[^>]+>", "", element.value) for element in at.html if "kick-sentence" in element.value)


def captions(at: AppTest) -> str:
    return "\n".join(caption.value.replace("\\", "") for caption in at.caption)


def columns(at: AppTest) -> list[str]:
    return [element.value for element in at.html if "kick-live" in element.value and "<style>" not in element.value]


def started(at: AppTest) -> AppTest:
    at.button(key="live_start").click().run()
    assert not at.exception
    return at


def ended(at: AppTest) -> AppTest:
    """Return the page once nothing comes any more."""
    end = time.monotonic() + PATIENCE_S
    while not at.session_state["live_show"].duel.is_over:
        assert time.monotonic() < end
        time.sleep(0.02)
    at.run()
    assert not at.exception
    return at


def test_an_empty_store_says_what_comes_here(app: Start, tmp_path: Path):
    at = opened(app, tmp_path)
    assert "side by side, token by token" in at.info[0].value
    assert at.get("page_link")


def test_before_a_start_a_good_prompt_stands_ready_and_nothing_is_asked(app: Start, pair: Path, says: Callable[..., FakeServer]):
    server = says(dense=answer("Oslo"), wanda_50=answer("Oslo"))
    at = opened(app, pair)
    assert sentence(at) == "Dense and Wanda 50% answer the same prompt side by side: press Start."
    assert at.text_area(key="live_prompt").value == "The capital of Mongolia is"
    assert "95% interval" in captions(at)
    assert len(columns(at)) == 2
    assert not server.asked


def test_the_answers_are_marked_where_they_part(app: Start, pair: Path, says: Callable[..., FakeServer]):
    says(dense=answer(" Ulaan", "baatar", "."), wanda_50=answer(" Ulaan", "goom", "."))
    at = ended(started(opened(app, pair)))
    assert sentence(at) == "Other from the first word: “Ulaanbaatar” against “Ulaangoom”."  # of servers whose tokens may differ
    dense, wanda = columns(at)
    assert "kick-differs" in dense
    assert "kick-first" in wanda
    assert "4 tokens" in dense
    assert any("Word by word" in one.label for one in at.expander)
    assert at.button(key="live_start").label == "Start again"


def test_equal_answers_say_so(app: Start, pair: Path, says: Callable[..., FakeServer]):
    says(dense=answer(" Oslo", " is", " cold"), wanda_50=answer(" Oslo", " is", " cold"))
    at = ended(started(opened(app, pair)))
    assert sentence(at) == "Dense and Wanda 50% say the same, all 3 words of it."
    assert not any("kick-differs" in column for column in columns(at))


def test_one_that_fails_says_why_and_the_other_stays(app: Start, pair: Path, says: Callable[..., FakeServer]):
    says(dense=answer(" Oslo"), wanda_50=refused(500, "<b>out of memory</b>"))
    at = ended(started(opened(app, pair)))
    assert sentence(at) == "Wanda 50% did not answer."
    dense, wanda = columns(at)
    assert "Oslo" in dense
    assert "✗" in wanda
    assert "&lt;b&gt;out of memory" in wanda


def test_hostile_answers_are_shown_as_text(app: Start, pair: Path, says: Callable[..., FakeServer]):
    says(dense=answer(HOSTILE), wanda_50=answer("\x00", HOSTILE))
    at = ended(started(opened(app, pair, q=HOSTILE_ID)))
    for element in at.html:
        if "<style>" not in element.value:
            assert not re.search("<(img|script|/section)", element.value)
    assert "Right answer" in "".join(element.value for element in at.html)


def test_while_it_streams_stop_ends_it_and_what_came_stays(app: Start, pair: Path, monkeypatch: pytest.MonkeyPatch):
    with Endless() as server:
        monkeypatch.setattr(sources, "source_of", lambda spec: behind(server.url, spec))
        at = started(opened(app, pair, tokens="512"))
        show = at.session_state["live_show"]
        end = time.monotonic() + PATIENCE_S
        while not all(len(side.pieces) > 2 for side in show.duel.snapshot()):
            assert time.monotonic() < end
            time.sleep(0.01)
        at.run()
        assert sentence(at) == "Dense and Wanda 50% are answering."
        assert all("streaming" in column for column in columns(at))
        at.button(key="live_stop").click().run()
        assert not at.exception
        assert show.duel.is_over
        assert server.left.wait(PATIENCE_S)
    assert sentence(at).startswith("Stopped; the same in all")
    assert all("word" in column and "stopped" in column for column in columns(at))


def test_a_question_of_the_store_is_asked_as_it_was_and_compared_with_what_was_said(
    app: Start, pair: Path, says: Callable[..., FakeServer]
):
    server = says(dense=answer(" Kabul", "\nMore"), wanda_50=answer(" nothing", " like it"))
    at = opened(app, pair, q="capital/Afghanistan#0", task="factoid_qa")
    prompt = at.text_area(key="live_prompt").value
    assert prompt.startswith("Please give answer to this question:")
    assert "as plain text, at most 32 tokens" in captions(at)
    at = ended(started(at))
    dense, wanda = columns(at)
    assert "Same as the stored answer" in dense
    assert "✓ right" in dense
    assert "Other than the stored answer" in wanda
    assert {(body["prompt"], body["max_tokens"]) for _, body in server.asked} == {(prompt, 32)}


def test_a_question_of_options_says_how_the_runs_were_asked(app: Start, pair: Path):
    at = opened(app, pair, q="capital/Afghanistan#0", task="multiple_choice")
    assert "compared the probabilities of the options" in captions(at)
    assert "Kabul" in "".join(element.value for element in at.html)


def test_a_question_that_is_not_there_says_so(app: Start, pair: Path):
    at = opened(app, pair, q="nobody/asked#9")
    assert at.error
    assert at.text_area(key="live_prompt").value == "The capital of Mongolia is"


def test_what_is_typed_stands_in_the_link_and_takes_the_place_of_the_question(app: Start, pair: Path):
    at = opened(app, pair, q="capital/Afghanistan#0")
    at.text_area(key="live_prompt").set_value("The capital of Peru is").run()
    assert at.query_params["prompt"] == "The capital of Peru is"
    assert "q" not in at.query_params
    at.text_area(key="live_prompt").set_value("a" * 1001).run()
    assert "prompt" not in at.query_params
    assert at.text_area(key="live_prompt").value == "a" * 1001
    again = opened(app, pair, prompt="The capital of Peru is", mode="chat", tokens="128", c="none")
    assert again.text_area(key="live_prompt").value == "The capital of Peru is"
    assert again.selectbox(key="choice_tokens").value == "128"


def test_a_suggestion_fills_the_box_and_a_question_that_broke_opens(app: Start, pair: Path):
    at = opened(app, pair)
    at.selectbox(key="live_suggestion").set_value("7").run()
    assert "horse" in at.text_area(key="live_prompt").value
    assert at.query_params["mode"] == "chat"
    broken = next(option for option in at.selectbox(key="live_suggestion").options if option.startswith("−"))
    sample = next(one for one in samples_of("factoid_qa", 3) if label(one.question) in broken)
    at.selectbox(key="live_suggestion").set_value(f"q:{sample.sample_id}").run()
    assert not at.exception
    assert at.query_params["q"] == sample.sample_id
    assert at.text_area(key="live_prompt").value == sample.turns[0]


def test_another_recipe_keeps_the_question_and_puts_the_answers_away(app: Start, tmp_path: Path, says: Callable[..., FakeServer]):
    make_store(tmp_path, n_each=3, recipes=[*PAIR, Recipe(method="magnitude", sparsity=0.5)], tasks=("factoid_qa",))
    says(dense=answer("Kabul"), wanda_50=answer("Kabul"))
    at = ended(started(opened(app, tmp_path, q="capital/Afghanistan#0", b="wanda-50")))
    at.selectbox(key="choice_b").set_value("magnitude-50").run()
    assert not at.exception
    assert at.query_params["q"] == "capital/Afghanistan#0"
    assert "live_show" not in at.session_state


def test_a_third_column_and_a_server_that_was_typed(app: Start, tmp_path: Path, says: Callable[..., FakeServer]):
    make_store(tmp_path, n_each=3, recipes=[*PAIR, Recipe(method="magnitude", sparsity=0.5)], tasks=("factoid_qa",))
    server = says(dense=answer("Oslo"), wanda_50=answer("Oslo"), magnitude_50=answer("Rome"), mine=answer("Lima"))
    at = ended(started(opened(app, tmp_path, c="magnitude-50", b="wanda-50")))
    assert len(columns(at)) == 3
    assert "Magnitude 50% is the same for 0 words as Dense" in captions(at)
    at.selectbox(key="choice_c").set_value("typed").run()
    at.text_input(key="live_address").set_value("http://example.com/v1").run()
    at.text_input(key="live_model").set_value("mine").run()
    assert at.button(key="live_start").disabled
    assert "LLMKICK" in at.error[0].value
    at.text_input(key="live_address").set_value(server.url).run()
    at = ended(started(at))
    assert "Lima" in columns(at)[2]


def test_where_dense_alone_has_answered_it_answers_alone(app: Start, tmp_path: Path, says: Callable[..., FakeServer]):
    make_store(tmp_path, n_each=3, recipes=[Recipe()], tasks=("factoid_qa",))
    says(dense=answer("Oslo"))
    at = ended(started(opened(app, tmp_path)))
    assert sentence(at) == "Dense wrote 2 tokens."
    assert "Run page" in captions(at)


def test_an_empty_prompt_is_refused_in_words(app: Start, pair: Path, says: Callable[..., FakeServer]):
    says(dense=answer("Oslo"), wanda_50=answer("Oslo"))
    at = opened(app, pair)
    at.text_area(key="live_prompt").set_value("   ")
    at = started(at)
    assert "prompt is empty" in at.error[0].value


def test_a_run_behind_an_address_that_nobody_allowed_says_how_to_allow_it(app: Start, pair: Path, monkeypatch: pytest.MonkeyPatch):
    copied = RunSpec(model="endpoint:https://evil.example/v1#m", task="factoid_qa")
    monkeypatch.setattr(sources, "source_of", lambda spec: source_of(copied))
    at = opened(app, pair)
    assert [error.value.replace("\\", "").replace("\u2060", "") for error in at.error] == [
        "the app calls servers of this machine only, as http://127.0.0.1:8000/v1; "
        "whoever runs it may name https://evil.example/v1 in LLMKICK_LIVE_ENDPOINTS."
    ]
    assert "live_start" not in [button.key for button in at.button]


def test_answers_to_former_settings_say_so_until_they_are_asked_again(app: Start, pair: Path, says: Callable[..., FakeServer]):
    says(dense=answer("Oslo"), wanda_50=answer("Oslo"))
    at = ended(started(opened(app, pair)))
    assert "other settings" not in captions(at)
    at.selectbox(key="choice_tokens").set_value("128").run()
    assert "These answers are to other settings: as plain text, at most 64 tokens, always the likeliest. Start again" in captions(at)
    at = ended(started(at))
    assert "other settings" not in captions(at)
    at.selectbox(key="choice_temperature").set_value("0.7").run()
    assert "at most 128 tokens, always the likeliest" in captions(at)


def test_imported_answers_can_be_looked_at_but_not_asked_for_more(app: Start, pair: Path, tmp_path: Path):
    chats(pair, tmp_path, model="vicuna")
    at = opened(app, pair, model="import:vicuna")
    assert [info.value for info in at.info] == [
        "Only answers of this model are here, read from a file; nothing can be asked of it. Choose another model in the sidebar, or run one."
    ]
    assert not at.button
    at = opened(app, pair, model="bundled:kick-tiny")
    assert not any("import" in option for box in at.selectbox if box.label == "Beside them" for option in box.options)
