/** What the knowledge base says to the customer's last question, to be put into the reply and edited there. */

import { Audience, type SearchResponse } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { PassageText } from "../../shared/passage.tsx";
import { percent } from "../shared/format.ts";
import { useLoaded } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, FailureNotice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

export function Suggestions({ question, canInsert, onInsert }: { question: string; canInsert: boolean; onInsert: (text: string) => void }) {
  const { services } = useDesk();
  // As for everyone: what is for staff alone must not slip into a reply by a click.
  const found = useLoaded<SearchResponse>(
    (signal) => services.knowledge.search({ query: question, topK: 3, audience: Audience.EVERYONE }, { signal }),
    [services, question],
  );
  const curated = found.value?.curatedMatch?.curatedAnswer;
  return (
    <section class="suggestions">
      <h3>{t("suggestions")}</h3>
      <FailureNotice failure={found.failure} retry={found.reload} />
      {found.value === null && found.failure === null ? <Busy /> : null}
      <ul>
        {curated && (found.value?.curatedMatch?.cosine ?? 0) > 0.85 ? (
          <Suggestion title={curated.questions[0] ?? ""} text={curated.answer} label={t("curatedAnswer")} canInsert={canInsert} onInsert={onInsert} />
        ) : null}
        {found.value?.hits.map((hit) => (
          <Suggestion
            key={hit.passage?.name}
            title={[hit.passage?.title, ...(hit.passage?.headings ?? [])].join(" › ")}
            text={hit.passage?.text ?? ""}
            label={percent(hit.relevance)}
            canInsert={canInsert}
            onInsert={onInsert}
          />
        ))}
      </ul>
      {found.value?.hits.length === 0 && !curated ? <p class="soft">{t("nothingFound")}</p> : null}
    </section>
  );
}

function Suggestion(props: { title: string; text: string; label: string; canInsert: boolean; onInsert: (text: string) => void }) {
  return (
    <li class="suggestion">
      <p class="suggestion-head">
        <strong dir="auto">{props.title}</strong> <Badge>{props.label}</Badge>
      </p>
      <div class="suggestion-text" dir="auto" tabIndex={0} role="group" aria-label={props.title}>
        <PassageText pieces={[{ text: props.text, marked: false }]} />
      </div>
      <button type="button" class="button small" disabled={!props.canInsert} onClick={() => props.onInsert(props.text)} aria-label={t("insertNamed", { title: props.title })}>
        {t("insert")}
      </button>
    </li>
  );
}
