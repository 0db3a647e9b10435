"""The page that the desk begins a new procedure with is sound once its action is named."""

from pathlib import Path

import pytest

from kefu.office.messages.actions import action_of
from kefu.router.actions.procedures.compiler import check
from tests.support.shop_actions import sample

FOLDER = Path(__file__).parents[4] / "services/kefu/gateway/web/src/desk/procedures"
ACTIONS = {"cancel-order": action_of(sample("cancel-order", "https://shop.example.com"))}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_template_has_nothing_wrong_once_an_action_stands_in_place_of_its_name(language: str) -> None:
    page = (FOLDER / f"template_{language}.md").read_text("utf-8")
    unnamed = "There is no action “NAME-OF-AN-ACTION”; there are cancel-order."
    assert unnamed in [each.text for each in check(page, ACTIONS)]
    assert check(page.replace("`NAME-OF-AN-ACTION`", "`cancel-order`"), ACTIONS) == []
