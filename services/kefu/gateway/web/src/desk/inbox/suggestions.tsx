/** What the knowledge base says to what the customer asked, to be put into the reply and edited there. */

import { Audience, type CuratedAnswer, type SearchHit } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { withRuledTables } from "../../shared/markdown.tsx";
import { PassageText } from "../../shared/passage.tsx";
import { isRelevant } from "../knowledge/threshold.ts";
import { percent } from "../shared/format.ts";
import { useLoaded } from "../shared/loading.ts";
import type { Services } from "../shared/services.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, FailureNotice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

const MOST = 3;
/** A curated answer is suggested also where chat would not give it word for word. */
const LEAST_COSINE = 0.85;

interface Found {
  /** What was searched; empty when nothing was found for any of them. */
  readonly question: string;
  readonly hits: readonly SearchHit[];
  readonly curated: CuratedAnswer | undefined;
}

/** What is found for the first question that anything is found for: "and thanks!" is the customer's last word, not what they ask. */
export async function suggestionsFor(services: Services, questions: readonly string[], signal: AbortSignal): Promise<Found> {
  // Not everybody who answers customers may read the settings; then the collections' own thresholds count.
  const { settings } = await services.admin.getTenantSettings({}, { signal }).catch(() => ({ settings: undefined }));
  for (const question of questions) {
    // As for everyone: what is for staff alone must not slip into a reply by a click.
    const found = await services.knowledge.search({ query: question, topK: MOST, audience: Audience.EVERYONE }, { signal });
    const hits = found.hits.filter((hit) => isRelevant(hit, settings?.minRelevance));
    const curated = (found.curatedMatch?.cosine ?? 0) > LEAST_COSINE ? found.curatedMatch?.curatedAnswer : undefined;
    if (hits.length > 0 || curated) return { question, hits, curated };
  }
  return { question: "", hits: [], curated: undefined };
}

/** `questions`: what the customer asked, the latest first. */
export function Suggestions({ questions, canInsert, onInsert }: { questions: readonly string[]; canInsert: boolean; onInsert: (text: string) => void }) {
  const { services } = useDesk();
  const found = useLoaded<Found>((signal) => suggestionsFor(services, questions, signal), [services, questions.join("\n")]);
  const curated = found.value?.curated;
  return (
    <section class="suggestions">
      <h3>{t("suggestions")}</h3>
      <FailureNotice failure={found.failure} retry={found.reload} />
      {found.value === null && found.failure === null ? <Busy /> : null}
      {found.value?.question ? (
        <p class="soft" dir="auto">
          {t("suggestionsFor", { question: found.value.question })}
        </p>
      ) : null}
      <ul>
        {curated ? (
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
      {found.value?.question === "" ? <p class="soft">{t("nothingFound")}</p> : null}
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
      <button type="button" class="button small" disabled={!props.canInsert} onClick={() => props.onInsert(withRuledTables(props.text))} aria-label={t("insertNamed", { title: props.title })}>
        {t("insert")}
      </button>
    </li>
  );
}
