"""What `kefu ask` and `kefu chat` print of an answer."""

import io

from rich.console import Console

from kefu.cli.view.answer_view import AnswerView
from kefu.client.answer import Answer, Event
from kefu.router.v1 import chat_pb2 as pb


def printed(*events: Event) -> str:
    out = io.StringIO()
    view, answer = AnswerView(Console(file=out, width=80)), Answer()
    for event in events:
        answer.add(event)
        view.show(event, answer)
    view.end(answer)
    return out.getvalue()


def test_an_answer_that_a_handoff_withdraws_is_marked_and_followed_by_the_message() -> None:
    out = printed(
        pb.TextDelta(text="You can still cancel"),
        pb.TextDelta(),
        pb.Handoff(message="A colleague will take over."),
        pb.TurnCompleted(finish_reason=pb.FINISH_REASON_HANDOFF),
    )
    assert out.startswith("You can still cancel\n[withdrawn]\n\nA colleague will take over.\n")


def test_progress_is_a_line_above_the_text_and_cards_are_the_text() -> None:
    out = printed(
        pb.Progress(text="Looking up [bold]your[/bold] order\x1b[2J"),
        pb.TextDelta(text="Your order A1 is on its way."),
        pb.TurnCompleted(finish_reason=pb.FINISH_REASON_STOP, cards=pb.Cards(cards=[pb.Card(title="A1")])),
    )
    first, second, *_ = out.splitlines()
    assert first.startswith("Looking up [bold]your[/bold] order")
    assert first.endswith(" …")
    assert "\x1b" not in first
    assert second == "Your order A1 is on its way."
