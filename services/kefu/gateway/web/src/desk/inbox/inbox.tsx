/** The inbox: who waits, who is held by whom, and the conversation that the address names. */

import { Dialog } from "../../shared/dialog.tsx";
import { useState } from "preact/hooks";

import type { Conversation } from "../../gen/kefu/router/v1/desk_pb.ts";
import { sessionId } from "../shared/names.ts";
import { hrefOf, route } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Empty, FailureNotice, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { ConversationView } from "./conversation.tsx";
import { sections } from "./desk_state.ts";
import { EndedList } from "./ended.tsx";
import { Item } from "./item.tsx";
import { desk, deskRefused, lapsed } from "./live.ts";
import { WaitingList } from "./waiting_list.tsx";

export function Inbox() {
  const { agent } = useDesk();
  const [ended, setEnded] = useState(false);
  const open = route.value.rest[0] ?? "";
  return (
    <div class={`inbox ${open === "" ? "" : "is-open"}`}>
      <div class="inbox-list">
        <header class="page-head">
          <h1>{t("inbox")}</h1>
          <button type="button" class="button quiet small" onClick={() => setEnded(true)}>
            {t("endedConversations")}
          </button>
        </header>
        <Lists agent={agent} open={open} />
      </div>
      {open === "" ? (
        <div class="inbox-none">
          <Empty icon="inbox" title={t("chooseConversation")}>
            {t("chooseConversationMore")}
          </Empty>
        </div>
      ) : (
        <ConversationView key={open} name={`sessions/${open}`} />
      )}
      {ended ? (
        <Dialog kind="panel" title={t("endedConversations")} closeLabel={t("close")} onClose={() => setEnded(false)}>
          <EndedList onOpen={() => setEnded(false)} />
        </Dialog>
      ) : null}
    </div>
  );
}

function Lists({ agent, open }: { agent: string; open: string }) {
  const state = desk.value;
  const { waiting, mine, colleagues } = sections(state, agent);
  if (!state.known && deskRefused.value === null) return <Busy />;
  return (
    <>
      <FailureNotice failure={deskRefused.value} />
      {!state.connected && deskRefused.value === null ? <Notice kind="warn">{t("connectionLost")}</Notice> : null}
      {lapsed.value.map((one) => (
        <Notice kind="warn" key={one.session?.name}>
          {t("lapsed", { title: one.session?.title || t("noTitle") })} <a href={hrefOf("inbox", sessionId(one.session?.name ?? ""))}>{t("lapsedOpen")}</a>
        </Notice>
      ))}
      <WaitingList conversations={waiting} open={open} />
      <List title={t("mine")} conversations={mine} open={open} none={t("noneMine")} />
      <List title={t("colleaguesHold")} conversations={colleagues} open={open} none={t("noneColleagues")} />
      <section class="presence" aria-labelledby="presence-title">
        <h2 id="presence-title">{t("present")}</h2>
        <ul>
          {state.agents.map((one) => (
            <li key={one.name}>
              <span class="dot" aria-hidden="true" />
              <span class="presence-name">{one.name === agent ? t("you", { name: one.name }) : one.name}</span>
              <span class="soft">{t("holds", { count: one.conversations })}</span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function List(props: { title: string; conversations: readonly Conversation[]; open: string; none: string }) {
  return (
    <section class="conversations" aria-label={props.title}>
      <h2>
        {props.title} <span class="count">{props.conversations.length}</span>
      </h2>
      {props.conversations.length === 0 ? (
        <p class="none">{props.none}</p>
      ) : (
        <ul>
          {props.conversations.map((one) => (
            <li key={one.session?.name}>
              <Item conversation={one} open={props.open} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
