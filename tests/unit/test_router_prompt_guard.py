"""Instructions do not get out, however they are cut into frames, and nothing else is held back for good."""

import pytest

from kefu.router.citations import Mark
from kefu.router.prompt_guard import WITHHELD, PromptGuard

TOLD = (
    "You are the customer service of a shop. Copy figures, prices and conditions exactly as they are.\n"
    "只根据资料，用一到三句完整的中文句子回答客户的问题。"
)


def passed(text: str, size: int, known: str = "") -> tuple[str, str | None]:
    guard = PromptGuard(TOLD, [known])
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    out = [*guard.push(pieces), *guard.finish()]
    return "".join(piece for piece in out if isinstance(piece, str)), guard.blocked


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
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
    assert "conditions" not in out.lower()
    assert "一到三句" not in out


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
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
    guard = PromptGuard(TOLD, [])
    assert guard.push(["see prices and conditions"]) == ["see"]
    assert guard.push([Mark((1,))]) == [" prices and conditions", Mark((1,))]
