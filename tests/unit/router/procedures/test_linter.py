"""What is wrong with a procedure is said in words, with its line, before a customer meets it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from google.protobuf import json_format

from kefu.office.messages.actions import action_of
from kefu.router.actions.procedures.compiler import check, compiled, page_of
from kefu.router.actions.procedures.page import MAX_CHARACTERS
from kefu.router.actions.procedures.procedure import Do, If, Say
from kefu.router.v1 import action_pb2 as pb
from tests.support.cpu_time import loops
from tests.support.table import table

SAMPLE = Path(__file__).parents[4] / "services/kefu/sample"
ACTIONS = {
    path.stem: action_of(
        json_format.ParseDict(
            json.loads(path.read_text("utf-8").replace("${ORDERS}", "https://x.example")), pb.Action()
        )
    )
    for path in (SAMPLE / "actions").glob("*.json")
}
WHEN = "# Cancel / 取消\n\n## When\n- `cancel-order`\n\n## Steps\n"
STATUS = "Look up `order-status`."
UNKNOWN = "“status” is compared, and nothing before it has it. Look up one of these first: order-status."


def found(*steps: str, never: str = "") -> list[tuple[int, str]]:
    """The findings about some steps: those of line 1 are the first step's. A warning is in brackets."""
    written = WHEN + "\n".join(steps) + (f"\n\n## Never\n{never}" if never else "")
    return [(each.line - 6, each.text if each.is_error else f"({each.text})") for each in check(written, ACTIONS)]


@pytest.mark.parametrize("path", sorted((SAMPLE / "procedures").glob("*.md")), ids=lambda path: path.stem)
def test_the_samples_procedures_have_nothing_wrong_and_what_asks_for_their_actions(path: Path) -> None:
    page = path.read_text("utf-8")
    assert check(page, ACTIONS) == []
    procedure = compiled(path.stem, page, ACTIONS)
    assert procedure.examples == ACTIONS[path.stem].examples
    assert procedure.changes_something
    assert "order" in [each.name for each in procedure.inputs]
    assert set(procedure.titles) == {"en", "zh"}


@table(
    ("steps", "findings"),
    [
        (["1. If `status` is `pending`, hand over.", "2. Hand over."], [(1, UNKNOWN)]),
        (["1. End."], [(1, "It ends here, and the customer has heard nothing.")]),
        ([f"1. {STATUS}"], "There is a way through this procedure on which the customer hears nothing"),
        (
            [f"1. {STATUS}", "2. If `status` is `pending`:", "   - Do `cancel-order`."],
            "There is a way through this procedure on which the customer hears nothing",
        ),
        (["1. Look up `cancel-order`.", "2. Hand over."], "cancel-order changes something: it stands behind Do"),
        (["1. Do `order-status`.", "2. Hand over."], "order-status only looks something up: it stands behind Look up."),
        (["1. Do `refund`.", "2. Hand over."], "There is no action “refund”; there are"),
        (["1. Hand over.", '2. Say "x".'], "This step is never reached: all ways end before it."),
        (
            [
                f"1. {STATUS}",
                "2. If `status` is `pending`, hand over.",
                "3. Otherwise, hand over.",
                "4. Do `cancel-order`.",
            ],
            "This step is never reached",
        ),
        (['1. Say "You get {{amount}} back".'], "“amount” is said, and nothing before it has it."),
        (['1. Say "{{#items}}{{en}}".'], "This text is no template"),
        (["1. Ask for the `customer` of `cancel-order`.", "2. Hand over."], "A customer can't be asked for customer"),
        (["1. Otherwise, hand over."], "An Otherwise stands right behind an If"),
        (["1. If `a` is 1:", "2. Hand over."], "Nothing stands below it"),
        (["1. Hand over.", "   - End."], "Nothing may stand below this step"),
        (["1. Ask for `why`.", "2. Hand over."], "There is no question"),
        (["1. Make them happy."], "is not understood: a step begins with"),
        ([], "There are no steps"),
    ],
)
def test_what_is_wrong_is_said(steps: list[str], findings: list[tuple[int, str]] | str) -> None:
    said = found(*steps)
    if isinstance(findings, str):
        assert any(findings in text for _, text in said), said
    else:
        assert said == findings


def test_what_one_way_looked_up_is_not_known_behind_both() -> None:
    steps = [
        '1. Ask for `why`: "Why?"',
        '   - `one`: "One"',
        '   - `two`: "Two"',
        "2. If `why` is `one`:",
        f"   - {STATUS}",
        '3. Say "{{status}}".',
    ]
    assert found(*steps) == [
        (6, "“status” is said, and nothing before it has it. Look up one of these first: order-status.")
    ]
    assert found(*steps[:-1], "3. Otherwise:", f"   - {STATUS}", steps[-1].replace("3.", "4.")) == []


def test_a_name_that_two_results_have_is_written_with_its_action() -> None:
    actions = {**ACTIONS, "parcel": replace(ACTIONS["order-status"], id="parcel")}
    page = f"{WHEN}1. {STATUS}\n2. Look up `parcel`.\n3. Say "
    [wrong] = check(f'{page}"{{{{status}}}}"', actions)
    assert wrong.text == "“status” is what several actions have: write one of order-status.status, parcel.status."
    assert check(f'{page}"{{{{parcel.status}}}}"', actions) == []


def test_a_value_with_the_name_of_an_action_is_written_with_the_action_that_has_it() -> None:
    parcel = replace(ACTIONS["order-status"], id="parcel", result={"parcel": "parcel", "status": "status"})
    actions = {**ACTIONS, "parcel": parcel}
    look_up, say = "1. Look up `parcel`.\n", '2. Say "{{%s}}"'
    [wrong] = check(f"{WHEN}{look_up}{say % 'parcel'}", actions)
    assert wrong.text == "“parcel” is said, and it is the name of an action, too: write parcel.parcel."
    assert check(f"{WHEN}{look_up}{say % 'parcel.parcel'}", actions) == []
    others = {**ACTIONS, "parcel": replace(parcel, result={"status": "status"})}
    [wrong] = check(f"{WHEN}{look_up}{say % 'parcel'}", others)
    assert wrong.text == "“parcel” is said, and it is the name of an action, too: write parcel.status."
    [wrong] = check(f"{WHEN}1. {STATUS}\n{say % 'parcel'}", actions)
    assert wrong.text.endswith("Look up `parcel`, and write it with the name of one of its results: parcel.RESULT.")
    asked = '1. Ask for `parcel`: "Which?"\n   - `one`: "One"\n   - `two`: "Two"\n'
    [wrong] = check(f"{WHEN}{asked}{say % 'parcel'}", actions)
    assert wrong.text.endswith("Give what the customer is asked for another name.")


def test_what_is_never_done_or_said_contradicts_steps() -> None:
    said = found('1. Say "Back within 3 days."', "2. Do `cancel-order`.", never='- Do `cancel-order`.\n- Say "3 days"')
    assert [(line, text) for line, text in said] == [
        (1, "Line 12 says that “3 days” is never said."),
        (2, "Line 11 says that this is never done."),
    ]
    unknown = found("1. Do `cancel-order`.", never="- Do `cancel-order` if `total` is more than 500.")
    assert unknown == [
        (
            1,
            "“total” is what line 10 forbids by, and nothing before it has it. "
            "Look up one of these first: order-status.",
        )
    ]
    assert (
        found("1. Do `cancel-order`.", never="- Do `cancel-order` if `refunds` is not empty.") == []
    )  # the preview has it


def test_a_text_that_one_language_lacks_is_a_warning() -> None:
    assert found('1. Say "Hello" / "你好"', '2. Say "Bye"') == [
        (2, "(This is not there in Chinese, as other texts are.)")
    ]


@table(
    ("page", "says"),
    [
        ("", "The page has no title"),
        ("# A\n\n## Steps\n1. Hand over.", "Nothing says when it is followed"),
        ("# A\n\n## Whenever\n- `orders`", "There is no section “Whenever”"),
        ("# A\n\n## When\n- I want it\n", "it must be a message in quotation marks"),
        ("# A\n\n## When\n- intent `nonsense`\n\n## Steps\n1. Hand over.", "There is no intent “nonsense”"),
        ("x" * (MAX_CHARACTERS + 1), "more than 40000 characters"),
    ],
)
def test_a_page_without_its_parts_is_refused(page: str, says: str) -> None:
    assert any(says in each.text and each.is_error for each in check(page, {}))


CHINESE = """# 取消订单
说明文字

## 何时
- “取消”

## 步骤
1. 查询 `order-status`。
2. 如果 `status` 是 `pending`：
   1. 办理 `cancel-order`。
3. 否则：
   - 回复
     “不能
     取消”。

## 说明
- 随便写
"""


def test_notes_paragraphs_and_both_languages_of_sections_are_read() -> None:
    page = page_of(CHINESE)
    [_, condition] = page.steps
    assert isinstance(condition, If)
    assert isinstance(condition.then[0], Do)
    assert isinstance(condition.otherwise[0], Say)
    assert condition.otherwise[0].texts == {"zh": "不能 取消"}


@pytest.mark.parametrize(
    "hostile",
    ["- " * 19_000, "#" * 39_000, "1. If a is 1:\n" * 2_500, "`" * 39_000, "[" * 39_000, "> " * 19_000, "**_" * 13_000],
)
def test_a_hostile_page_is_read_soon(hostile: str) -> None:
    text = f"# A\n\n## Steps\n{hostile}"[:MAX_CHARACTERS]
    assert loops(lambda: check(text, ACTIONS)) < 2_000
