/** A question tried over what is live and over a draft, side by side: the search that live chat uses. */

import { useState } from "preact/hooks";

import { Audience, type SearchResponse } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { PassageText } from "../../shared/passage.tsx";
import { AnswerText } from "../shared/answer_text.tsx";
import { percent } from "../shared/format.ts";
import { useLoaded } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, FailureNotice, Labelled } from "../shared/ui.tsx";
import { t } from "../texts.ts";

const MOST_HITS = 3;

export function TryQuestion({ collection, draft }: { collection: string; draft: string }) {
  const { services } = useDesk();
  const [query, setQuery] = useState("");
  const [asked, setAsked] = useState("");
  const found = useLoaded<readonly SearchResponse[]>(
    async (signal) =>
      asked === ""
        ? []
        : Promise.all(
            ["", draft].map((one) =>
              services.knowledge.search({ collections: [collection], query: asked, topK: MOST_HITS, audience: Audience.EVERYONE, draft: one }, { signal }),
            ),
          ),
    [services, collection, draft, asked],
  );
  const [live, drafted] = found.value ?? [];
  return (
    <section class="stack">
      <h3>{t("tryDraft")}</h3>
      <form
        class="search-form"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(query.trim());
          found.reload();
        }}
      >
        <Labelled label={t("testQuestion")} hint={t("tryDraftMore")}>
          {(id, hint) => (
            <input id={id} class="field" type="search" dir="auto" maxLength={4000} value={query} aria-describedby={hint} onInput={(event) => setQuery(event.currentTarget.value)} />
          )}
        </Labelled>
        <button type="submit" class="button">
          {t("search")}
        </button>
      </form>
      <FailureNotice failure={found.failure} retry={found.reload} />
      {asked !== "" && found.value === null && found.failure === null ? <Busy /> : null}
      {live && drafted ? (
        <div class="columns">
          <Side title={t("tryLive")} response={live} />
          <Side title={t("tryDraftSide")} response={drafted} />
        </div>
      ) : null}
    </section>
  );
}

function Side({ title, response }: { title: string; response: SearchResponse }) {
  const curated = response.curatedMatch?.applies ? response.curatedMatch.curatedAnswer : undefined;
  return (
    <section class="panel-card" aria-label={title}>
      <h4>{title}</h4>
      {curated ? (
        <>
          <p>
            <strong>{t("curatedApplies")}</strong>
          </p>
          <AnswerText text={curated.answer} />
        </>
      ) : null}
      {response.hits.length === 0 ? <p class="soft">{t("nothingFound")}</p> : null}
      <ol class="passages">
        {response.hits.map((hit) => (
          <li key={hit.passage?.name}>
            <p class="passage-head" dir="auto">
              {[hit.passage?.title, ...(hit.passage?.headings ?? [])].filter(Boolean).join(" › ")} · {percent(hit.relevance)}
            </p>
            <div class="passage-text" dir="auto">
              <PassageText pieces={[{ text: hit.passage?.text ?? "", marked: false }]} />
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
