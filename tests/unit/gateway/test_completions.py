"""Chat completions of OpenAI's API, built from the events of a turn."""

import json

from kefu.gateway.openai_api.answer import CompletionBuilder
from kefu.gateway.openai_api.chat_request import read_request
from kefu.router.v1 import chat_pb2 as pb


def test_cards_and_progress_are_told_as_the_text_alone() -> None:
    body = {"model": "kefu", "messages": [{"role": "user", "content": "Where is my order?"}]}
    completion = CompletionBuilder(read_request(json.dumps(body).encode(), ""))
    cards = pb.Cards(text="Your order:", cards=[pb.Card(title="A1", status="on its way")])
    events = [
        pb.ConverseEvent(turn_started=pb.TurnStarted(session="sessions/s", turn="sessions/s/turns/t")),
        pb.ConverseEvent(progress=pb.Progress(text="Looking up your order")),
        pb.ConverseEvent(text_delta=pb.TextDelta(text="Your order **A1** is on its way.")),
        pb.ConverseEvent(turn_completed=pb.TurnCompleted(source=pb.ANSWER_SOURCE_ACTION, cards=cards)),
    ]
    assert [completion.add_event(event) for event in events] == [
        {},
        {},
        {"content": "Your order **A1** is on its way."},
        {},
    ]
    told = completion.completion()
    assert told["choices"][0]["message"]["content"] == "Your order **A1** is on its way."
    assert "Looking up" not in json.dumps(told)
    assert "cards" not in told["kefu"]
