"""Conversations and desk events as messages of the contract."""

from kefu.common.auth import Principal
from kefu.router.desk.watches import AgentsPresent, CaughtUp, DeskEvent, SessionDeleted
from kefu.router.domain.session import Conversation, SessionState
from kefu.router.messages.chat import handoff_message, session_message, session_name, timestamp, turn_name
from kefu.router.messages.triage_messages import triage_message
from kefu.router.v1 import desk_pb2 as pb


def conversation_message(conversation: Conversation, principal: Principal) -> pb.Conversation:
    """A conversation, as the caller `principal` sees it."""
    session, turn = conversation.session, conversation.handoff_turn
    return pb.Conversation(
        session=session_message(session),
        handoff=None if conversation.handoff is None else handoff_message(conversation.handoff),
        handoff_turn=turn_name(session.id, turn) if turn else "",
        language=conversation.language,
        waiting_since=None if conversation.waiting_since is None else timestamp(conversation.waiting_since),
        escalated=conversation.escalated,
        last_message=conversation.last_message,
        triage=None if conversation.triage is None else triage_message(conversation.triage),
        claim_expire_time=None if conversation.claim_expires is None else timestamp(conversation.claim_expires),
        mine=session.state is SessionState.HUMAN and conversation.claimant == principal.subject,
    )


def desk_event_message(event: DeskEvent, principal: Principal) -> pb.DeskEvent:
    """A desk event, as the caller `principal` sees it."""
    match event:
        case Conversation():
            return pb.DeskEvent(conversation=conversation_message(event, principal))
        case SessionDeleted():
            return pb.DeskEvent(deleted=session_name(event.session_id))
        case AgentsPresent():
            return pb.DeskEvent(agents=pb.DeskEvent.Agents(agents=agent_messages(event.agents)))
        case CaughtUp():
            return pb.DeskEvent(caught_up=pb.DeskEvent.CaughtUp())


def agent_messages(agents: "tuple[tuple[str, int], ...] | list[tuple[str, int]]") -> list[pb.Agent]:
    """The agents who are present, each with the number of conversations they have claimed."""
    return [pb.Agent(name=name, conversations=count) for name, count in agents]
