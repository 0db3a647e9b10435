"""What `kefu ask` and `kefu chat` print of an answer."""

import io

from rich.console import Console

from kefu.cli.view.answer_view import AnswerView
from kefu.client.answer import Answer, Event
from kefu.router.v1 import chat_pb2 as pb


def test_an_answer_that_a_handoff_withdraws_is_marked_and_followed_by_the_message() -> None:
    events: list[Event] = [
        pb.TextDelta(text="You can still cancel"),
        pb.TextDelta(),
        pb.Handoff(message="A colleague will take over."),
        pb.TurnCompleted(finish_reason=pb.FINISH_REASON_HANDOFF),
    ]
    out = io.StringIO()
    view, answer = AnswerView(Console(file=out, width=80)), Answer()
    for event in events:
        answer.add(event)
        view.show(event, answer)
    view.end(answer)
    assert out.getvalue().startswith("You can still cancel\n[withdrawn]\n\nA colleague will take over.\n")
