/** Everything that Kefu said: all conversations, searched and filtered, and each of them with the reasons of its answers. */

import { useState } from "preact/hooks";

import type { FoundConversation } from "../../gen/kefu/router/v1/review_pb.ts";
import { plainText } from "../../shared/markdown.tsx";
import { clock, number } from "../shared/format.ts";
import { useLoaded } from "../shared/loading.ts";
import { sessionId } from "../shared/names.ts";
import { hrefOf, route } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Empty, FailureNotice, PageHead } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { ConversationPage } from "./conversation_page.tsx";
import { FilterForm } from "./filter_form.tsx";
import { EVERYTHING, type Filters, requestOf } from "./filters.ts";
import { Marks } from "./marks.tsx";
import { saidIn } from "./said.ts";

interface FoundSoFar {
  readonly conversations: readonly FoundConversation[];
  readonly nextPageToken: string;
  readonly lookedAt: number;
}

export function ConversationsPage() {
  const [id = ""] = route.value.rest;
  const [filters, setFilters] = useState<Filters>(EVERYTHING);
  if (id !== "") return <ConversationPage key={id} session={`sessions/${id}`} />;
  return (
    <div class="page">
      <PageHead title={t("conversationsTitle")} />
      <p class="soft page-lead">{t("conversationsMore")}</p>
      <FilterForm filters={filters} onChange={setFilters} />
      <FoundList filters={filters} />
    </div>
  );
}

function FoundList({ filters }: { filters: Filters }) {
  const { services } = useDesk();
  const [pages, setPages] = useState({ filters, count: 1 });
  const count = pages.filters === filters ? pages.count : 1;
  const loaded = useLoaded<FoundSoFar>(
    async (signal, partly) => {
      let found: FoundSoFar = { conversations: [], nextPageToken: "", lookedAt: 0 };
      for (let page = 0; page < count; page += 1) {
        const next = await services.review.listConversations(requestOf(filters, found.nextPageToken), { signal });
        found = { conversations: [...found.conversations, ...next.conversations], nextPageToken: next.nextPageToken, lookedAt: found.lookedAt + next.lookedAt };
        partly(found);
        if (found.nextPageToken === "") break;
      }
      return found;
    },
    [services, filters, count],
  );
  const found = loaded.value;
  return (
    <>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {found === null && loaded.failure === null ? <Busy /> : null}
      {found ? (
        <p class="soft" role="status">
          {t("lookedAt", { n: number(found.lookedAt) })}
        </p>
      ) : null}
      {found?.conversations.length === 0 && found.nextPageToken === "" ? (
        <Empty icon="say" title={t("noConversations")}>
          {t("noConversationsMore")}
        </Empty>
      ) : null}
      <ol class="cards">
        {found?.conversations.map((one) => (
          <Found key={one.session?.name} found={one} />
        ))}
      </ol>
      {found && found.nextPageToken !== "" ? (
        <button type="button" class="button" disabled={loaded.loading} onClick={() => setPages({ filters, count: count + 1 })}>
          {t("lookFurther")}
        </button>
      ) : null}
    </>
  );
}

function Found({ found }: { found: FoundConversation }) {
  const [first] = found.matches;
  const id = sessionId(found.session?.name ?? "");
  const more = found.matchCount - found.matches.length;
  return (
    <li class="card found-conversation">
      <p class="soft">
        <a href={hrefOf("conversations", id)}>{t("conversationOf", { time: clock(first?.turn?.createTime) })}</a>
      </p>
      {found.matches.map((reviewed) => (
        <div key={reviewed.turn?.name} class="said">
          <p class="said-question" dir="auto">
            {reviewed.turn ? saidIn(reviewed.turn) : null}
          </p>
          <p class="said-answer" dir="auto">
            {plainText(reviewed.turn?.text ?? "")}
          </p>
          <Marks reviewed={reviewed} />
        </div>
      ))}
      {more > 0 ? <p class="soft">{t("moreTurns", { n: more })}</p> : null}
    </li>
  );
}
