/** A conversation as the inbox lists it. `open`: the id of the one that is shown. */

import { Session_State } from "../../gen/kefu/router/v1/chat_pb.ts";
import type { Conversation } from "../../gen/kefu/router/v1/desk_pb.ts";
import { Icon } from "../../shared/icons.tsx";
import { plainLine } from "../../shared/markdown.tsx";
import { duration, languageName, now, waited } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { sessionId } from "../shared/names.ts";
import { hrefOf } from "../shared/route.ts";
import { Badge } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { CustomerBadge } from "./customer.tsx";
import { lapsesSoon } from "./desk_state.ts";
import { TriageBadges } from "./triage.tsx";
import { reasonText } from "./words.ts";

export function Item({ conversation, open }: { conversation: Conversation; open: string }) {
  const { session, handoff, waitingSince } = conversation;
  const id = sessionId(session?.name ?? "");
  const left = lapsesSoon(conversation, now.value);
  const held = session?.state === Session_State.HUMAN;
  const last = plainLine(conversation.lastMessage);
  const alone = last === "" || conversation.lastMessage === session?.title; // the first message is the last one, too
  return (
    <a class="conversation-item" href={hrefOf("inbox", id)} aria-current={id === open ? "true" : undefined}>
      <span class={alone ? "item-top alone" : "item-top"}>
        <span class="item-title" dir="auto">
          {last || session?.title || t("noTitle")}
        </span>
        {waitingSince ? (
          <span class={`item-wait ${conversation.escalated ? "late" : ""}`}>
            <DeskIcon name="clock" />
            <span class="unseen">{t("waitsFor")} </span>
            {waited(waitingSince, now.value)}
          </span>
        ) : null}
      </span>
      {alone ? null : (
        <span class="item-last" dir="auto">
          {t("beganWith", { text: session?.title || t("noTitle") })}
        </span>
      )}
      <span class="item-tags">
        {conversation.escalated ? (
          <Badge kind="danger">
            <Icon name="alert" /> {t("escalated")}
          </Badge>
        ) : null}
        <TriageBadges triage={conversation.triage} />
        <CustomerBadge customer={session?.customer} />
        {left !== null ? <Badge kind="danger">{t("lapsesIn", { time: duration(left) })}</Badge> : null}
        {held ? <Badge kind="accent">{session.agent}</Badge> : null}
        {handoff ? <Badge>{reasonText(handoff.reason)}</Badge> : <Badge>{t("uninvited")}</Badge>}
        {conversation.language ? <Badge>{languageName(conversation.language)}</Badge> : null}
      </span>
    </a>
  );
}
