"""What is kept: conversations by owner, answers by id, feedback; and how long."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from rag.check import make_question
from rag.errors import NotFoundError
from rag.store import FILE, HISTORY_TURNS, Expected, Store
from rag.types import Turn
from rag.wire import AnswerWire, answer_wire


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def answered(hashed_article) -> AnswerWire:
    return answer_wire(hashed_article.answer(make_question("How many registered participants?")))


def saying(answer: AnswerWire, question: str, said: str = "Nothing.", **changes: object) -> AnswerWire:
    """`answer` to another question, in other words."""
    named = {"question": question, "standalone_question": question, "answer_plain": said, "id": f"ans_{question}"}
    return cast(AnswerWire, {**answer, **named, **changes})


def ids(store: Store, owner: str, query: str = "") -> list[str]:
    return [conversation.id for conversation in store.conversations(owner, query)[0]]


def age(folder: Path, days: int) -> None:
    """Makes everything that is kept older."""
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    with sqlite3.connect(folder / FILE) as connection:
        for table, column in (("conversations", "updated"), ("answers", "asked"), ("feedback", "given")):
            connection.execute(f"UPDATE {table} SET {column} = ?", (then,))
    connection.close()


def test_a_conversation_holds_its_turns_in_order(store: Store, answered: AnswerWire) -> None:
    begun = store.begin("ada")
    for question in ("First?", "Second?"):
        store.keep(saying(answered, question), "ada", begun.id)
    found, turns = store.conversation("ada", begun.id)
    assert (found.title, found.turns, found.created) == ("First?", 2, begun.created)
    assert found.updated > begun.updated
    assert [turn.answer["question"] for turn in turns] == ["First?", "Second?"]
    assert turns[0].answer == {**saying(answered, "First?"), "conversation_id": begun.id}


def test_a_title_that_was_chosen_stays_and_a_long_question_is_cut(store: Store, answered: AnswerWire) -> None:
    chosen, unnamed = store.begin("ada", "Summit"), store.begin("ada")
    store.keep(saying(answered, "First?"), "ada", chosen.id)
    store.keep(saying(answered, "Why  " + "so " * 200), "ada", unnamed.id)
    assert store.conversation("ada", chosen.id)[0].title == "Summit"
    assert store.conversation("ada", unnamed.id)[0].title == ("Why " + "so " * 200)[:200]
    assert store.rename("ada", chosen.id, "Later").title == "Later"


def test_history_is_the_last_turns(store: Store, answered: AnswerWire) -> None:
    begun = store.begin("ada")
    for number in range(HISTORY_TURNS + 2):
        store.keep(saying(answered, f"{number}?", f"{number}."), "ada", begun.id)
    history = store.history("ada", begun.id)
    assert len(history) == 2 * HISTORY_TURNS
    assert history[:2] == (Turn("user", "2?"), Turn("assistant", "2."))


def test_history_has_the_questions_as_they_were_understood(store: Store, answered: AnswerWire) -> None:
    begun = store.begin("ada")
    understood = saying(answered, "And Prague?", standalone_question="Who represented Prague?")
    store.keep(understood, "ada", begun.id)
    assert store.history("ada", begun.id)[0].content == "Who represented Prague?"


def test_what_belongs_to_others_is_not_found(store: Store, answered: AnswerWire) -> None:
    begun = store.begin("ada", "Hers")
    for meet in (
        lambda: store.conversation("bob", begun.id),
        lambda: store.history("bob", begun.id),
        lambda: store.rename("bob", begun.id, "Mine"),
        lambda: store.remove("bob", begun.id),
        lambda: store.keep(answered, "bob", begun.id),
    ):
        with pytest.raises(NotFoundError):
            meet()
    store.remove_all("bob")
    assert store.conversations("bob") == ([], False)
    assert [(c.title, c.turns) for c in store.conversations("ada")[0]] == [("Hers", 0)]
    with pytest.raises(NotFoundError):
        store.answer(answered["id"])  # it was not kept outside of the conversation, either


def test_pages_of_a_list_miss_nothing_and_repeat_nothing(store: Store, answered: AnswerWire) -> None:
    begun = [store.begin("ada").id for _ in range(5)]
    store.keep(answered, "ada", begun[0])
    first, more = store.conversations("ada", limit=3)
    rest, end = store.conversations("ada", limit=3, before=first[-1].updated)
    assert [c.id for c in first + rest] == [begun[0], *reversed(begun[1:])]
    assert (more, end) == (True, False)


def test_a_clock_that_is_set_back_does_not_change_the_order(store: Store, tmp_path: Path) -> None:
    first = store.begin("ada")
    age(tmp_path, days=-1)  # a day ahead: as if the clock had been set back since
    second = store.begin("ada")
    assert ids(store, "ada") == [second.id, first.id]


@pytest.mark.parametrize(
    "query", ["mayor", "ZDENEK", "台北", "北", "市長峰", "prague?", "  Mayor ", "100%", "it's"], ids=repr
)
def test_search_finds_text_in_titles_questions_and_answers(store: Store, answered: AnswerWire, query: str) -> None:
    title, question, answer = (
        store.begin("ada", "台北市長峰會 · Mayor Zdeněk of Prague? 100% it's"),
        *(store.begin("ada", "Other") for _ in range(2)),
    )
    text = "台北市長峰會 · Mayor Zdeněk of Prague? 100% it's"
    store.keep(saying(answered, text), "ada", question.id)
    store.keep(saying(answered, "Why?", text), "ada", answer.id)
    store.begin("ada", "Nothing of it")
    assert ids(store, "ada", query) == [answer.id, question.id, title.id]
    assert ids(store, "bob", query) == []


def test_search_takes_signs_as_they_are(store: Store) -> None:
    store.begin("ada", "Mayor")
    for query in ("%", "_", "M%r", '"', "' OR 1=1 --", "*"):
        assert ids(store, "ada", query) == []


def test_an_answer_is_kept_by_its_id_without_its_conversation(store: Store, answered: AnswerWire) -> None:
    begun = store.begin("ada")
    store.keep({**answered, "conversation_id": begun.id}, "ada", begun.id)
    assert store.answer(answered["id"]) == {**answered, "conversation_id": None}
    with pytest.raises(NotFoundError):
        store.answer("ans_0")


def test_what_is_deleted_is_gone_from_the_disk(store: Store, answered: AnswerWire, tmp_path: Path) -> None:
    begun, other = store.begin("ada"), store.begin("ada")
    store.keep(saying(answered, "canary7f3a " * 50), "ada", begun.id)
    store.keep(saying(answered, "canary8e4b " * 50), "ada", other.id)

    def on_disk(text: bytes) -> bool:
        return any(text in path.read_bytes() for path in tmp_path.iterdir())

    assert on_disk(b"canary7f3a")
    store.remove("ada", begun.id)
    assert (on_disk(b"canary7f3a"), on_disk(b"canary8e4b")) == (False, True)
    store.remove_all("ada")
    assert not on_disk(b"canary8e4b")


def test_feedback_holds_the_whole_answer_even_when_that_is_deleted(store: Store, answered: AnswerWire) -> None:
    begun = store.begin("ada")
    store.keep(answered, "ada", begun.id)
    expected = Expected("d", 1, 3, "“é”")
    first = store.give_feedback(answered["id"], "wrong_answer", "It is 265.", expected)
    second = store.give_feedback(answered["id"], "right", "", None)
    store.remove_all("ada")
    given = store.feedback()
    assert [(f.id, f.verdict, f.comment, f.expected) for f in given] == [
        (first, "wrong_answer", "It is 265.", expected),
        (second, "right", "", None),
    ]
    assert given[0].answer == answered
    with pytest.raises(NotFoundError):
        store.give_feedback(answered["id"], "right", "", None)


def test_refused_questions_as_they_were_understood(store: Store, answered: AnswerWire) -> None:
    store.keep(answered)
    for _ in range(2):
        store.keep(saying(answered, "Why?", status="not_found", standalone_question="Why Prague?"))
    assert store.refused() == ["Why Prague?", "Why Prague?"]


def test_what_is_too_old_is_deleted(store: Store, answered: AnswerWire, tmp_path: Path) -> None:
    begun = store.begin("ada")
    store.keep(answered, "ada", begun.id)
    store.keep(answered)
    store.give_feedback(answered["id"], "right", "", None)
    age(tmp_path, days=31)
    young = store.begin("bob")
    assert store.sweep(0) == 0
    assert store.sweep(40) == 0
    assert store.sweep(30) > 0
    assert (ids(store, "ada"), ids(store, "bob"), store.feedback()) == ([], [young.id], [])
    with pytest.raises(NotFoundError):
        store.answer(answered["id"])


def test_only_the_last_answers_outside_of_conversations_are_kept(store: Store, answered: AnswerWire) -> None:
    begun = store.begin("ada")
    store.keep(saying(answered, "in"), "ada", begun.id)
    for number in range(5):
        store.keep(saying(answered, str(number)))
    assert store.sweep(0, max_loose=3) == 2
    assert store.conversation("ada", begun.id)[0].turns == 1
    for number, kept in enumerate((False, False, True, True, True)):
        if kept:
            assert store.answer(f"ans_{number}")["question"] == str(number)
        else:
            with pytest.raises(NotFoundError):
                store.answer(f"ans_{number}")


def test_one_damaged_row_costs_only_itself(store: Store, answered: AnswerWire, tmp_path: Path) -> None:
    begun = store.begin("ada")
    for question in ("First?", "Second?"):
        store.keep(saying(answered, question), "ada", begun.id)
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE answers SET body = '{\"id\": 1' WHERE question = 'First?'")
    connection.close()
    assert [turn.answer["question"] for turn in store.conversation("ada", begun.id)[1]] == ["Second?"]


def test_feedback_of_the_first_version_waits_for_its_review(tmp_path: Path, answered: AnswerWire) -> None:
    old = Store(tmp_path)
    old.keep(answered)
    given = old.give_feedback(answered["id"], "right", "", None)
    old.close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("ALTER TABLE feedback DROP COLUMN review")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    store = Store(tmp_path)
    assert [(one.id, one.review) for one in store.feedback()] == [(given, None)]
    store.review(given, "accepted")
    assert [one.review for one in store.feedback()] == ["accepted"]
    store.close()
