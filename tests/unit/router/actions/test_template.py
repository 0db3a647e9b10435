"""What an action says: values, sections, and nothing that a result could smuggle in."""

from contextlib import suppress
from typing import Any

import pytest

from kefu.router.actions.action import Texts
from kefu.router.actions.template import TemplateError, check_template, render, said_of_nothing, unfilled
from kefu.router.actions.value_pattern import check_pattern, values_in
from kefu.router.actions.value_words import in_words
from kefu.testing.hostile_text import hostile_texts
from tests.support.cpu_time import loops
from tests.support.table import table


@table(
    ("template", "values", "said"),
    [
        ("{{a}} & {{b}}", {"a": "<b>", "b": "x"}, "<b> & x"),
        ("{{n}} {{m}}", {"n": 4720.0, "m": 12.5}, "4720 12.5"),
        ("{{#n}}{{n}} left{{/n}}", {"n": 0}, "0 left"),
        ("{{#no}}x{{/no}}{{^no}}none{{/no}}", {"no": []}, "none"),
        ("{{#orders}}{{id}};{{/orders}}", {"orders": [{"id": "a"}, {"id": "b"}]}, "a;b;"),
        ("{{#ids}}{{.}} {{/ids}}", {"ids": ["a", "b"]}, "a b"),
        ("{{gone}}!", {}, "!"),
        ("{{a}}{{#a}}x{{/a}}{{^a}}y{{/a}}{{b.c}}", {"a": None, "b": {"c": None}}, "y"),
        ("{{#yes}}y{{/yes}}{{^yes}}n{{/yes}}", {"yes": False}, "n"),
        ("{{a}}", {"a": "{{b}} {{> /etc/passwd}}", "b": "secret"}, "{{b}} {{> /etc/passwd}}"),
        ("{{a.__class__}}{{a.upper}}", {"a": "x"}, ""),
        ("- {{name}}", {"name": "Lamp [Sign in](https://evil.example)"}, "- Lamp [Sign in] (https://evil.example)"),
        ("{{name}}", {"name": "[Pay]\n\n[Pay]: https://evil.example"}, "[Pay]\n\n[Pay] : https://evil.example"),
        ("[Track it]({{url}})", {"url": "https://a.example/?n=1"}, "[Track it](https://a.example/?n=1)"),
        ("{{{note}}}", {"note": "[ours](https://a.example)"}, "[ours](https://a.example)"),
    ],
)
def test_values_are_said_as_they_are(template: str, values: dict[str, Any], said: str) -> None:
    assert render(template, values) == said


@table(
    ("template", "why"),
    [
        ("{{b}}", "names b"),
        ("{{#b}}x{{/b}}", "names b"),
        ("{{#a}}", "no Mustache"),
        ("{{/a}}", "no Mustache"),
        ("{{> a}}", "partial"),
        ("{{=<% %>=}}<%a%>", "delimiters"),
        ("{{#a}", "no Mustache"),
        ("{{= =}}", "no Mustache"),
        ("{{====" * 600, "no Mustache"),
        ("{{{" * 1300, "no Mustache"),
        ("{{{a}} " * 500, "no Mustache"),
        (" " * 101 + "{{a}}", "100 blanks"),
    ],
)
def test_a_template_that_says_nothing_sensible_is_refused(template: str, why: str) -> None:
    with pytest.raises(TemplateError, match=why):
        check_template(template, {"a"})


def test_words_stand_for_values_and_days_for_points_in_time() -> None:
    words: dict[str, Texts] = {"pending": {"en": "not packed yet", "zh": "尚未打包"}}
    result = {"status": "pending", "note": "pending payment", "at": "2026-11-25T09:17:58Z", "parts": ["pending", 3]}
    assert in_words(result, words, "zh") == {
        "status": "尚未打包",
        "note": "pending payment",
        "at": "2026-11-25",
        "parts": ["尚未打包", 3],
    }
    assert in_words("2026-11-25T", {}, "en") == "2026-11-25T"


def test_values_are_found_in_a_message_each_once() -> None:
    pattern = r"(?i)#?\bSL[0-9]{12}\b"
    assert values_in(pattern, "SL700411902853, #sl700411902853和SL1? SL700411902853") == [
        "SL700411902853",
        "#sl700411902853",
    ]
    for wrong in ("(", "(?=x)", "a**"):
        with pytest.raises(ValueError, match="RE2"):
            check_pattern(wrong)


def test_a_hostile_message_is_searched_and_a_hostile_result_said_at_once() -> None:
    pattern = r"(?i)(a+)+b|#?\bSL[0-9]{12}\b|(\w+\s?)*!"
    for text in hostile_texts(4_000):
        assert loops(lambda text=text: values_in(pattern, text)) < 20
        assert loops(lambda text=text: _checked(text)) < 20
        assert loops(lambda text=text: render("{{#l}}{{a}}{{/l}}", in_words({"l": [{"a": text}] * 4}, {}, "en"))) < 20


def _checked(text: str) -> None:
    with suppress(TemplateError):
        check_template(text, None)


@pytest.mark.parametrize("mark", ["{", "{{", "{{{", "{{a", "{{#a}}", "{{====", " ", "\t", "{{! ", "}}", "{{a}} "])
def test_a_hostile_template_is_refused_or_taken_at_once(mark: str) -> None:
    text = mark * (4_000 // len(mark))
    assert loops(lambda: _checked(text)) < 20
    assert loops(lambda: render(text, {"a": "x"})) < 20


def test_a_template_that_was_stored_before_it_was_refused_is_said_as_it_stands() -> None:
    assert render("Hello {{#name} ", {"name": "Ann"}) == "Hello {{#name}"


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{{id}} costs {{total}}", ["id", "total"]),
        ("{{id}} {{{id}}}", ["id"]),
        ("{{#total}}It costs {{total}}.{{/total}}", []),  # said only where it is there
        ("{{^total}}Nothing.{{/total}}", []),
        ("{{note}} {{zero}} {{other}} {{! id }}", []),
        ("{{#id}}", []),  # no template
    ],
)
def test_what_a_template_says_and_nothing_is_there_for(template: str, names: list[str]) -> None:
    assert unfilled(template, {"id": None, "total": None, "note": "", "zero": 0}) == names


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{{id}} costs {{total}}", ["total"]),
        ("{{#total}}It costs {{total}}.{{/total}}", []),  # said only where it is there
        ("{{^total}}It costs nothing.{{/total}}", ["total"]),
        ("{{^id}}No order.{{/id}}", []),  # null, as the system says
        ("{{#orders}}{{id}} {{total}} {{#note}}{{note}}{{/note}}{{/orders}}", ["orders.id"]),
        ("{{#orders}}{{total}}{{/orders}}{{^orders}}None.{{/orders}}", []),
        ("{{#total}}", []),  # no template
    ],
)
def test_what_a_template_says_of_what_the_answer_has_not(template: str, names: list[str]) -> None:
    orders = [{"id": None, "total": None, "note": None}, {"id": None, "total": "5"}]
    values = {"id": None, "total": None, "orders": orders}
    assert said_of_nothing(template, values, {"total", "orders"}) == names
