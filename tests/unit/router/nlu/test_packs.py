"""What is known of a language stands in its pack, and nowhere else in this package: one more is a module and a line."""

import ast
import re
from pathlib import Path
from typing import get_args

from kefu.router import nlu
from kefu.router.nlu.packs import PACKS
from kefu.text.language import AnswerLanguage
from tests.support.table import table

_ENGINE = sorted(Path(nlu.__path__[0]).glob("*.py"))
_HAN_OR_WORD = re.compile(r"[\u4e00-\u9fff]|\b[a-z]{3,} [a-z]{2,}\b")


def constants(path: Path) -> list[str]:
    """The texts that a module holds; what it says about itself is none."""
    tree = ast.parse(path.read_text("utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    ]


def test_every_language_of_answers_has_one_pack() -> None:
    assert sorted(pack.code for pack in PACKS) == sorted(get_args(AnswerLanguage))


@table("path", _ENGINE)
def test_the_logic_holds_no_words_of_a_language(path: Path) -> None:
    assert [text for text in constants(path) if _HAN_OR_WORD.search(text)] == []


def test_the_modules_that_are_looked_at_are_those_of_the_logic() -> None:
    assert {"intents.py", "human_request.py", "sensitive_topics.py", "sentiment.py", "slots.py"} <= {
        path.name for path in _ENGINE
    }
