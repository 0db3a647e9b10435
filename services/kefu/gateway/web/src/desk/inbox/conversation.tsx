/** One conversation: what was said, who answers, and a reply. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { Session_State, type Turn } from "../../gen/kefu/router/v1/chat_pb.ts";
import { ReturnSessionRequest_To } from "../../gen/kefu/router/v1/desk_pb.ts";
import { failureOf } from "@kefu/client";
import { waited } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction } from "../shared/loading.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Confirm, Empty, FailureNotice, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { claims, draftOf, dropClaim, givingBack, holdClaim, keepDraft, requestId } from "./claims.ts";
import { Composer } from "./composer.tsx";
import { Context } from "./context.tsx";
import { isGone, useConversation } from "./conversation_feed.ts";
import { CustomerBadge } from "./customer.tsx";
import { hasLastWord, isHeld, lastHandoff } from "./conversation_state.ts";
import { withReturned, withTold } from "./desk_state.ts";
import { desk } from "./live.ts";
import { Messages } from "./messages.tsx";
import { stateText } from "./words.ts";

/** What stands between a person and this conversation. */
type Obstacle = { readonly kind: "claimed" | "lost"; readonly agent: string } | null;

export function ConversationView({ name }: { name: string }) {
  const { services, agent } = useDesk();
  const feed = useConversation(services, name);
  const told = desk.value.conversations.get(name);
  const claim = claims.value.get(name);
  const [obstacle, setObstacle] = useState<Obstacle>(null);
  const [asking, setAsking] = useState<"takeOver" | "return" | "close" | null>(null);
  const [draft, setDraft] = useState(draftOf(name));
  const acting = useAction();
  const sending = useRef({ text: "", id: "" });
  const returning = useRef(false);

  const { conversation } = feed;
  const held = conversation?.state === Session_State.HUMAN;
  const heldByMe = held && conversation.agent === agent && (told?.mine ?? claim !== undefined);
  const mine = heldByMe && claim !== undefined;

  const write = (text: string) => {
    keepDraft(name, text);
    setDraft(text);
  };

  const claimIt = async (takeOver: boolean) => {
    try {
      const response = await services.desk.claimSession({ session: name, agent, takeOver });
      holdClaim(name, response.claim);
      if (response.conversation) desk.value = withTold(desk.value, response.conversation);
      feed.hold({ state: Session_State.HUMAN, agent });
      setObstacle(null);
      setAsking(null);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.reason !== "ALREADY_CLAIMED") throw error;
      setObstacle({ kind: "claimed", agent: failure.metadata["agent"] ?? "" });
      setAsking(null);
    }
  };

  // After a reload the claim is still mine and only its number is lost: claiming again tells it.
  useEffect(() => {
    if (heldByMe && claim === undefined && told?.mine === true) acting.run(() => claimIt(false));
  }, [heldByMe, claim === undefined, told?.mine]);

  // Somebody else answers now, it seems: an event from before my claim says the same, so the server is asked.
  useEffect(() => {
    if (claim === undefined || conversation === null || returning.current || (held && conversation.agent === agent)) return;
    acting.run(async () => {
      const { session } = await services.chat.getSession({ name });
      if (session?.state === Session_State.HUMAN && session.agent === agent) feed.hold(session);
      else lost(session?.state === Session_State.HUMAN ? session.agent : "");
    });
  }, [conversation?.state, conversation?.agent]);

  const lost = (to: string) => {
    dropClaim(name);
    setObstacle({ kind: "lost", agent: to === agent ? "" : to });
  };

  const withClaim = async (action: (claim: bigint) => Promise<void>) => {
    if (claim === undefined) return;
    try {
      await action(claim);
    } catch (error) {
      if (failureOf(error).reason !== "CLAIM_LOST") throw error;
      const { session } = await services.chat.getSession({ name });
      if (session) feed.hold(session);
      lost(session?.state === Session_State.HUMAN ? session.agent : "");
    }
  };

  const send = () => {
    const text = draft.trim();
    if (text === "") return;
    // The same text again, after a failure, is the same reply.
    if (sending.current.text !== text) sending.current = { text, id: requestId() };
    acting.run(() =>
      withClaim(async (number) => {
        const { turn } = await services.desk.reply({ session: name, claim: number, text, requestId: sending.current.id });
        sending.current = { text: "", id: "" };
        if (turn) feed.add(turn);
        setDraft((now) => (now.trim() === text ? "" : now));
        keepDraft(name, "");
      }),
    );
  };

  const giveBack = (to: ReturnSessionRequest_To, state: Session_State) => {
    returning.current = true;
    acting.run(() =>
      withClaim(async (number) => {
        givingBack.add(name);
        const response = await services.desk.returnSession({ session: name, claim: number, to });
        dropClaim(name);
        if (response.conversation) desk.value = withReturned(desk.value, response.conversation, agent);
        feed.returned(agent, state);
        setAsking(null);
      }).finally(() => {
        givingBack.delete(name);
        returning.current = false;
      }),
    );
  };

  // Kefu answers what came for a person. What it handed over itself it could not answer.
  const returnToKefu = () => {
    const turns = conversation?.turns ?? [];
    if (told?.waitingSince !== undefined && !isHeld(turns) && !hasLastWord(turns, agent)) setAsking("return");
    else giveBack(ReturnSessionRequest_To.BOT, Session_State.RETURNED);
  };

  if (conversation === null) {
    return (
      <div class="conversation">
        <div class="conversation-main">
          {feed.failure && isGone(feed.failure) ? (
            <Empty icon="inbox" title={t("conversationGone")}>
              <a href={hrefOf("inbox")}>{t("backToInbox")}</a>
            </Empty>
          ) : feed.failure ? (
            <FailureNotice failure={feed.failure} retry={feed.reload} />
          ) : (
            <Busy />
          )}
        </div>
      </div>
    );
  }

  const closed = conversation.state === Session_State.CLOSED;
  const handoff = told?.handoff ?? lastHandoff(conversation.turns);
  const known = told?.session ?? conversation; // the desk is told of a customer who signs in meanwhile
  return (
    <div class="conversation">
      <section class="conversation-main" aria-label={t("conversation")}>
        <header class="conversation-head">
          <a class="button quiet icon small only-narrow" href={hrefOf("inbox")} aria-label={t("backToInbox")}>
            <DeskIcon name="back" />
          </a>
          <div class="conversation-title">
            <h2 dir="auto">{told?.session?.title || conversation.title || t("noTitle")}</h2>
            <p class="soft">
              <Badge kind={heldByMe ? "good" : held ? "accent" : conversation.state === Session_State.WAITING ? "warn" : "plain"}>
                {heldByMe ? t("heldByMe") : held ? t("heldBy", { agent: conversation.agent }) : stateText(conversation.state)}
              </Badge>{" "}
              <CustomerBadge customer={known.customer} /> {told?.waitingSince ? t("waitsSince", { time: waited(told.waitingSince) }) : null}
            </p>
          </div>
          <div class="conversation-actions">
            {mine ? (
              <>
                <button type="button" class="button small" disabled={acting.busy} onClick={returnToKefu}>
                  {t("returnToKefu")}
                </button>
                <button type="button" class="button small" disabled={acting.busy} onClick={() => giveBack(ReturnSessionRequest_To.COLLEAGUE, Session_State.WAITING)}>
                  {t("passOn")}
                </button>
                <button type="button" class="button small quiet" disabled={acting.busy} onClick={() => setAsking("close")}>
                  {t("closeConversation")}
                </button>
              </>
            ) : closed ? null : held ? (
              <button type="button" class="button small" disabled={acting.busy} onClick={() => setAsking("takeOver")}>
                {t("takeOverFrom", { agent: conversation.agent })}
              </button>
            ) : (
              <button type="button" class="button small primary" disabled={acting.busy} onClick={() => acting.run(() => claimIt(false))}>
                {t("takeOver")}
              </button>
            )}
          </div>
        </header>
        <div class="conversation-notices">
          {feed.live ? null : <Notice kind="warn">{t("connectionLost")}</Notice>}
          <FailureNotice failure={acting.failure} />
          {obstacle ? (
            <Notice kind="danger">
              {obstacleText(obstacle, draft !== "")}{" "}
              {closed ? null : (
                <button type="button" class="button small" onClick={() => (held ? setAsking("takeOver") : acting.run(() => claimIt(false)))}>
                  {t("takeBack")}
                </button>
              )}
            </Notice>
          ) : null}
        </div>
        <Scroll turns={conversation.turns}>
          <Messages turns={conversation.turns} hidden={conversation.hidden} onEarlier={() => acting.run(feed.earlier)} />
        </Scroll>
        {closed ? (
          <p class="composer-closed">{t("closedMore")}</p>
        ) : (
          <Composer draft={draft} onDraft={write} onSend={send} busy={acting.busy} enabled={mine} />
        )}
      </section>
      <Context
        handoff={handoff}
        conversation={told}
        known={{ customer: known.customer, profile: known.profile }}
        turns={conversation.turns}
        onInsert={(text) => write(draft.trim() === "" ? text : `${draft.trimEnd()}\n${text}`)}
        canInsert={mine}
      />
      {asking === "takeOver" ? (
        <Confirm title={t("takeOverFrom", { agent: conversation.agent })} action={t("takeOver")} busy={acting.busy} failure={acting.failure} onConfirm={() => acting.run(() => claimIt(true))} onClose={() => setAsking(null)}>
          <p>{t("takeOverMore", { agent: conversation.agent })}</p>
        </Confirm>
      ) : null}
      {asking === "return" ? (
        <Confirm
          title={t("returnUnanswered")}
          action={t("returnToKefu")}
          busy={acting.busy}
          failure={acting.failure}
          onConfirm={() => giveBack(ReturnSessionRequest_To.BOT, Session_State.RETURNED)}
          onClose={() => setAsking(null)}
        >
          <p>{t("returnUnansweredMore")}</p>
        </Confirm>
      ) : null}
      {asking === "close" ? (
        <Confirm
          title={t("closeConversation")}
          action={t("closeConversation")}
          danger
          busy={acting.busy}
          failure={acting.failure}
          onConfirm={() => giveBack(ReturnSessionRequest_To.CLOSED, Session_State.CLOSED)}
          onClose={() => setAsking(null)}
        >
          <p>{t("closeMore")}</p>
        </Confirm>
      ) : null}
    </div>
  );
}

function obstacleText(obstacle: NonNullable<Obstacle>, hasDraft: boolean): string {
  const who = obstacle.agent === "" ? t("claimLapsed") : t("failAlreadyClaimed", { agent: obstacle.agent });
  return obstacle.kind === "lost" && hasDraft ? `${who} ${t("draftKept")}` : who;
}

/** Stays at the end while its reader is there; else says that there is something new. */
function Scroll({ turns, children }: { turns: readonly Turn[]; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [unread, setUnread] = useState(false);
  const toEnd = () => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
    setUnread(false);
  };
  useLayoutEffect(() => {
    if (atEnd.current) toEnd();
    else setUnread(true);
  }, [turns.at(-1)?.name]);
  return (
    <div class="scroll-frame">
      <div
        class="scroll"
        ref={box}
        tabIndex={0}
        role="log"
        aria-label={t("messages")}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          atEnd.current = scrollHeight - scrollTop - clientHeight < 48;
          if (atEnd.current) setUnread(false);
        }}
      >
        {children}
      </div>
      {unread ? (
        <button type="button" class="button small primary unread" onClick={toEnd}>
          {t("newMessages")}
        </button>
      ) : null}
    </div>
  );
}
