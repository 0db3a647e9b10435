"""Which of the demo's actions stay because something that is not the demo's needs them."""

from kefu.cli.commands.demo.settings_removal import needed_actions
from kefu.router.v1 import action_pb2 as pb


def action(name: str, *choices: str) -> pb.Action:
    inputs = [pb.ActionInput(name="x", choice=pb.ActionInput.Choice(action=f"actions/{each}")) for each in choices]
    return pb.Action(name=f"actions/{name}", inputs=inputs)


STORED = {
    each.name: each
    for each in (action("orders"), action("status", "orders"), action("cancel", "orders", "status"), action("own"))
}
DEMO = set(STORED) - {"actions/own"}


def test_what_nobody_else_needs_goes() -> None:
    assert needed_actions(STORED, DEMO, {"procedures/mine": "1. Look up `own`. Not orders."}) == {}


def test_what_a_procedure_names_stays_with_all_that_it_chooses_from() -> None:
    assert needed_actions(STORED, DEMO, {"procedures/mine": "1. Look up `status`."}) == {
        "actions/status": "the procedure mine names it",
        "actions/orders": "the action status offers what it finds",
    }


def test_what_a_changed_action_chooses_from_stays() -> None:
    assert needed_actions(STORED, DEMO - {"actions/cancel"}, {}).keys() == {"actions/orders", "actions/status"}
