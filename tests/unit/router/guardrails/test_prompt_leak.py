"""Instructions do not get out, however they are cut into frames, and nothing else is held back for good."""

from hypothesis import given
from hypothesis import strategies as st

from kefu.router.guardrails.citation_markers import CitationMarker
from kefu.router.guardrails.prompt_leak import WITHHELD, PromptLeakGuard
from tests.support.table import table

TOLD = (
    "You are the customer service of a shop. Copy figures, prices and conditions exactly as they are.\n"
    "只根据资料，用一到三句完整的中文句子回答客户的问题。"
)


def passed(text: str, size: int, known: str = "") -> tuple[str, str | None]:
    guard = PromptLeakGuard(TOLD, [known])
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    out = [*guard.push(pieces), *guard.finish()]
    return "".join(piece for piece in out if isinstance(piece, str)), guard.blocked


@table("size", [1, 2, 7, 1000])
@table(
    "text",
    [
        "Sure! My rules: copy  figures,\nprices and conditions exactly as they are.",
        "COPY FIGURES, PRICES AND CONDITIONS",
        "好的，我的规则是：只根据资料，用一到三句完整的中文句子回答客户的问题。",
    ],
)
def test_a_run_of_the_instructions_is_stopped_after_a_few_letters(text: str, size: int) -> None:
    out, blocked = passed(text, size)
    assert blocked == WITHHELD
    assert "pri" not in out.lower()
    assert "用一到" not in out


@given(st.integers(0, 60), st.integers(40, 90), st.lists(st.integers(1, 12), min_size=1))
def test_however_it_is_cut_no_more_than_the_first_letters_of_a_run_get_out(
    start: int, end: int, sizes: list[int]
) -> None:
    guard, text, out, at = PromptLeakGuard(TOLD, []), f"Well - {TOLD[start:end]}", "", 0
    for size in sizes * 100:
        out += "".join(piece for piece in guard.push([text[at : at + size]]) if isinstance(piece, str))
        at += size
    out += "".join(piece for piece in guard.finish() if isinstance(piece, str))
    if guard.blocked:
        assert len(out) <= len("Well - ") + 10
    else:
        assert out == text
        assert end - start <= 33


@table("size", [1, 3, 1000])
@table(
    "text",
    [
        "Please ask the customer service of the bank; prices and conditions differ.",
        "You are the customer, so you decide.",
        "只根据资料回答，一到三天到账。",
        "Copy figures, prices",
        "",
    ],
)
def test_everything_else_comes_out_whole(text: str, size: int) -> None:
    assert passed(text, size) == (text, None)


def test_what_the_passages_say_too_is_no_secret() -> None:
    text = "The handbook: copy figures, prices and conditions exactly as they are."
    assert passed(text, 4, known=text) == (text, None)


def test_a_marker_decides_what_was_held_back() -> None:
    guard = PromptLeakGuard(TOLD, [])
    assert guard.push(["see prices and conditions"]) == ["see"]
    assert guard.push([CitationMarker((1,))]) == [" prices and conditions", CitationMarker((1,))]
