/** Conversations that people have returned or closed, the latest first. */

import { type Conversation } from "../../gen/kefu/router/v1/desk_pb.ts";
import { Session_State } from "../../gen/kefu/router/v1/chat_pb.ts";
import { plainLine } from "../../shared/markdown.tsx";
import { clock } from "../shared/format.ts";
import { useLoaded } from "../shared/loading.ts";
import { sessionId } from "../shared/names.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Empty, FailureNotice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { stateText } from "./words.ts";

export function EndedList({ onOpen }: { onOpen: () => void }) {
  const { services } = useDesk();
  const states = [Session_State.RETURNED, Session_State.CLOSED];
  const loaded = useLoaded<readonly Conversation[]>(
    async (signal) => (await services.desk.listConversations({ states, pageSize: 100 }, { signal })).conversations,
    [services],
  );
  if (loaded.failure) return <FailureNotice failure={loaded.failure} retry={loaded.reload} />;
  if (loaded.value === null) return <Busy />;
  if (loaded.value.length === 0) return <Empty icon="inbox" title={t("noneEnded")} />;
  return (
    <ul class="plain-list">
      {loaded.value.map((one) => (
        <li key={one.session?.name}>
          <a class="conversation-item" href={hrefOf("inbox", sessionId(one.session?.name ?? ""))} onClick={onOpen}>
            <span class="item-top">
              <span class="item-title" dir="auto">
                {one.session?.title || t("noTitle")}
              </span>
              <span class="item-wait">{clock(one.session?.updateTime)}</span>
            </span>
            <span class="item-last" dir="auto">
              {plainLine(one.lastMessage)}
            </span>
            <span class="item-tags">
              <Badge>{stateText(one.session?.state ?? Session_State.UNSPECIFIED)}</Badge>
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
