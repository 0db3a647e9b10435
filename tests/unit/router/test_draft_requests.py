"""Who may be answered from a draft of the knowledge."""

import pytest

from kefu.common.auth import Principal
from kefu.common.errors import BadRequest, CollectionNotFound, ScopeMissing
from kefu.common.permissions import Scope
from kefu.router.api.requests import parse_turn_request
from kefu.router.v1 import chat_pb2 as pb

DRAFT = "collections/help/drafts/4ca2177bd39c"


def asking(*collections: str, draft: str = DRAFT) -> pb.ConverseRequest:
    return pb.ConverseRequest(session="sessions/-", text="How long?", collections=collections, draft=draft)


def key(*scopes: Scope, collections: frozenset[str] | None = None) -> Principal:
    return Principal("acme", "k1", frozenset({Scope.CHAT, *scopes}), collections)


@pytest.mark.parametrize("scope", [Scope.KNOWLEDGE, Scope.SETTINGS])
def test_a_key_for_the_knowledge_or_the_settings_may(scope: Scope) -> None:
    assert parse_turn_request(asking(), key(scope), None).draft == DRAFT


def test_a_key_that_customers_ask_with_may_not() -> None:
    with pytest.raises(ScopeMissing):
        parse_turn_request(asking(), key(), None)
    assert parse_turn_request(asking(draft=""), key(), None).draft == ""


def test_the_draft_is_of_a_collection_that_is_asked_and_that_the_key_may_search() -> None:
    with pytest.raises(BadRequest):
        parse_turn_request(asking("collections/other"), key(Scope.KNOWLEDGE), None)
    with pytest.raises(CollectionNotFound):
        parse_turn_request(asking(), key(Scope.KNOWLEDGE, collections=frozenset({"other"})), None)
    with pytest.raises(BadRequest):
        parse_turn_request(asking(draft="drafts/x"), key(Scope.KNOWLEDGE), None)
