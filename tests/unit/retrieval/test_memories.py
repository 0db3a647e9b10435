"""What retrieval remembers: never of another state, and no more than it may."""

from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.filters import Audience, SearchFilter
from kefu.retrieval.replica.search_memory import SearchMemory, question_digest
from kefu.retrieval.storage.document_memory import DocumentMemory, Edition
from kefu.retrieval.storage.records import DocumentInfo, PassageText

KEY = CollectionKey("acme", "help")
FIRST, SECOND = Edition(b"a", b"1.0"), Edition(b"a", b"2.0")


def document(name: str) -> DocumentInfo:
    return DocumentInfo(name, f"{name}.md", name, "en", "", "", "", "sha", "a", ("p", "q"), 1.0)


def test_a_document_is_recalled_in_its_edition_with_the_passages_that_were_read() -> None:
    memory = DocumentMemory()
    memory.remember(KEY, FIRST, document("d"), {"p": PassageText("one")})
    assert memory.recall(KEY, "d", FIRST, ["p"]) == (document("d"), {"p": PassageText("one")})
    assert memory.recall(KEY, "d", FIRST, ["p", "q"]) is None
    assert memory.recall(CollectionKey("other", "help"), "d", FIRST, ["p"]) is None
    memory.remember(KEY, FIRST, document("d"), {"q": None})
    assert memory.recall(KEY, "d", FIRST, ["p", "q"]) == (document("d"), {"p": PassageText("one"), "q": None})
    assert memory.recall(KEY, "d", SECOND, ["p"]) is None
    memory.remember(KEY, SECOND, document("d"), {"q": PassageText("two")})
    assert memory.recall(KEY, "d", SECOND, ["p"]) is None
    memory.forget(KEY, ["d", "unknown"])
    assert memory.recall(KEY, "d", SECOND, ["q"]) is None


def test_the_document_that_was_found_longest_ago_goes_first() -> None:
    memory = DocumentMemory(most_passages=4)
    for name in ("a", "b"):
        memory.remember(KEY, FIRST, document(name), {"p": PassageText(name), "q": PassageText(name)})
    assert memory.recall(KEY, "a", FIRST, ["p"]) is not None
    memory.remember(KEY, FIRST, document("c"), {"p": PassageText("c")})
    found = {name for name in "abc" if memory.recall(KEY, name, FIRST, ["p"]) is not None}
    assert found == {"a", "c"}


def test_a_result_is_recalled_for_an_equal_question_in_the_same_state() -> None:
    memory = SearchMemory[str](most_results=2)
    memory.remember(b"one", (1,), "found")
    assert (memory.recall(b"one", (1,)), memory.recall(b"one", (2,)), memory.recall(b"two", (1,))) == (
        "found",
        None,
        None,
    )
    memory.remember(b"two", (1,), "other")
    assert memory.recall(b"one", (1,)) == "found"
    memory.remember(b"three", (1,), "third")
    assert memory.recall(b"two", (1,)) is None


def test_questions_are_equal_when_all_that_is_asked_is() -> None:
    day = SearchFilter("2026-11-28")
    asked = {
        question_digest("a", "", ["t:c"], 5, day),
        question_digest("b", "", ["t:c"], 5, day),
        question_digest("a", "b", ["t:c"], 5, day),
        question_digest("a", "", ["t:c", "t:d"], 5, day),
        question_digest("a", "", ["u:c"], 5, day),
        question_digest("a", "", ["t:c"], 6, day),
        question_digest("a", "", ["t:c"], 5, SearchFilter("2026-11-29")),
        question_digest("a", "", ["t:c"], 5, SearchFilter("2026-11-28", Audience.STAFF)),
        question_digest("a", "", ["t:c"], 5, SearchFilter("2026-11-28", languages=frozenset({"en"}))),
        question_digest("a", "", ["t:c"], 5, SearchFilter("2026-11-28", metadata=(("model", "x"),))),
        question_digest("\ud800", "", ["t:c"], 5, day),
    }
    assert len(asked) == 11
    assert question_digest("a", "", ["t:c"], 5, SearchFilter("2026-11-28")) in asked
