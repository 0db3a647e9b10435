/** The search test: the very scorer that live chat uses, and why each hit stands where it does. */

import { useState } from "preact/hooks";

import { Audience, type Collection, type CuratedMatch, type SearchHit, type SearchResponse } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { Icon } from "../../shared/icons.tsx";
import { PassageText } from "../../shared/passage.tsx";
import { AnswerText } from "../shared/answer_text.tsx";
import { languageName, milliseconds, percent } from "../shared/format.ts";
import { useLoaded } from "../shared/loading.ts";
import { collectionId } from "../shared/names.ts";
import { may } from "../shared/permissions.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Empty, FailureNotice, Labelled, Notice } from "../shared/ui.tsx";
import { listed } from "../../shared/i18n.ts";
import { t } from "../texts.ts";
import { byRelevance, durationMs, type Threshold, thresholdOf } from "./threshold.ts";
import { curatedReason } from "./curated_reason.ts";

interface Asked {
  readonly query: string;
  readonly asOf: string;
  readonly asCustomer: boolean;
}

export function SearchPage({ collection }: { collection: Collection }) {
  const { services, me } = useDesk();
  const [query, setQuery] = useState("");
  const [asOf, setAsOf] = useState("");
  const [asCustomer, setAsCustomer] = useState(true);
  const [asked, setAsked] = useState<Asked | null>(null);
  const found = useLoaded<SearchResponse | null>(
    async (signal) =>
      asked === null
        ? null
        : services.knowledge.search(
            {
              collections: [collection.name],
              query: asked.query,
              topK: 10,
              asOf: asked.asOf,
              audience: asked.asCustomer ? Audience.EVERYONE : Audience.UNSPECIFIED,
            },
            { signal },
          ),
    [services, collection.name, asked],
  );
  // The tenant's own threshold goes before the collection's; only who may see settings reads it.
  const tenants = useLoaded<number | undefined>(
    async (signal) =>
      may(me, "settings") ? (await services.admin.getTenantSettings({}, { signal })).settings?.minRelevance : undefined,
    [services],
  );
  return (
    <>
      <form
        class="search-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (query.trim() !== "") setAsked({ query: query.trim(), asOf, asCustomer });
        }}
      >
        <Labelled label={t("testQuestion")} hint={t("testQuestionHint")}>
          {(id, hint) => (
            <input id={id} class="field" type="search" dir="auto" maxLength={4000} value={query} aria-describedby={hint} onInput={(event) => setQuery(event.currentTarget.value)} />
          )}
        </Labelled>
        <div class="row">
          <Labelled label={t("asOf")}>{(id) => <input id={id} class="field" type="date" value={asOf} onInput={(event) => setAsOf(event.currentTarget.value)} />}</Labelled>
          <label class="check">
            <input type="checkbox" checked={asCustomer} onChange={(event) => setAsCustomer(event.currentTarget.checked)} /> {t("asCustomer")}
          </label>
          <button type="submit" class="button primary">
            {t("search")}
          </button>
        </div>
      </form>
      <FailureNotice failure={found.failure} retry={found.reload} />
      {asked !== null && found.value === null && found.failure === null ? <Busy /> : null}
      {found.value ? <Found response={found.value} tenants={tenants.value ?? undefined} /> : null}
      {asked === null ? (
        <Empty icon="search" title={t("searchTest")}>
          {t("searchTestMore")}
        </Empty>
      ) : null}
    </>
  );
}

function Found({ response, tenants }: { response: SearchResponse; tenants: number | undefined }) {
  const threshold = thresholdOf(response.hits, tenants);
  return (
    <section class="found" aria-label={t("results")}>
      <p class="soft" role="status">
        {t("foundIn", { count: response.hits.length, time: milliseconds(durationMs(response.total)), language: languageName(response.queryLanguage) })}
      </p>
      {response.curatedMatch ? <Curated match={response.curatedMatch} /> : null}
      <p class="soft">{thresholdText(threshold)}</p>
      {response.apart < response.minApart ? (
        <p class="soft">{t("tooNear", { apart: response.apart.toFixed(3), wanted: response.minApart.toFixed(3) })}</p>
      ) : null}
      {response.hits.length === 0 ? <Empty icon="search" title={t("nothingFound")} /> : null}
      <ol class="hits">
        {byRelevance(response.hits).map((hit) => (
          <Hit key={hit.passage?.name} hit={hit} threshold={threshold} />
        ))}
      </ol>
    </section>
  );
}

function thresholdText(threshold: Threshold): string {
  switch (threshold.of) {
    case "tenant":
      return t("thresholdTenant", { value: percent(threshold.value) });
    case "collection":
      return t("thresholdCollection", { value: percent(threshold.value) });
    case "unknown":
      return t("thresholdUnknown");
  }
}

function Curated({ match }: { match: CuratedMatch }) {
  const answer = match.curatedAnswer;
  return (
    <div class={`card curated-match ${match.applies ? "applies" : ""}`}>
      <h2>
        {match.applies ? <Icon name="check" /> : <Icon name="close" />} {match.applies ? t("curatedApplies") : t("curatedNot")}
      </h2>
      {match.applies ? null : <p>{curatedReason(match)}</p>}
      <dl class="facts">
        <dt>{t("nearestQuestion")}</dt>
        <dd dir="auto">{match.question}</dd>
        <dt>{t("cosine")}</dt>
        <dd>
          {match.cosine.toFixed(3)} {match.leastCosine > 0 ? t("needs", { value: match.leastCosine.toFixed(3) }) : null}
        </dd>
        {match.questionWords.length > 0 ? (
          <>
            <dt>{t("wordsOfAnswer")}</dt>
            <dd>{listed(match.questionWords)}</dd>
          </>
        ) : null}
        {match.queryWords.length > 0 ? (
          <>
            <dt>{t("wordsOfQuery")}</dt>
            <dd>{listed(match.queryWords)}</dd>
          </>
        ) : null}
        <dt>{t("answer")}</dt>
        <dd>
          <AnswerText text={answer?.answer ?? ""} />
        </dd>
      </dl>
    </div>
  );
}

function Hit({ hit, threshold }: { hit: SearchHit; threshold: Threshold }) {
  const { passage, signals } = hit;
  const shown = threshold.of === "unknown" || hit.relevance >= threshold.value;
  const [, collection = "", , document = ""] = (passage?.name ?? "").split("/");
  return (
    <li class={`card hit ${shown ? "" : "below"}`}>
      <div class="hit-head">
        <a href={hrefOf("knowledge", collection, "documents", document)} dir="auto">
          {[passage?.title, ...(passage?.headings ?? [])].filter(Boolean).join(" › ")}
        </a>
        {passage?.audience === Audience.STAFF ? <Badge kind="warn">{t("staffOnly")}</Badge> : null}
        {threshold.of === "unknown" ? null : <Badge kind={shown ? "good" : "danger"}>{shown ? t("aboveThreshold") : t("belowThreshold")}</Badge>}
      </div>
      <div class="meter" role="img" aria-label={t("relevanceIs", { value: percent(hit.relevance) })}>
        <span class="meter-fill" style={{ width: `${Math.min(1, hit.relevance) * 100}%` }} />
        {threshold.of === "unknown" ? null : <span class="meter-mark" style={{ left: `${threshold.value * 100}%` }} />}
      </div>
      <div class="passage-text" dir="auto">
        <PassageText pieces={[{ text: passage?.text ?? "", marked: false }]} />
      </div>
      <dl class="signals">
        <Signal name={t("relevance")} value={hit.relevance.toFixed(3)} more={t("relevanceMore")} />
        <Signal name={t("score")} value={hit.score.toFixed(3)} more={t("scoreMore")} />
        <Signal name={t("cosine")} value={signals?.cosine.toFixed(3)} more={t("rankIs", { n: signals?.denseRank || "–" })} />
        <Signal name="BM25" value={signals?.bm25.toFixed(2)} more={t("rankIs", { n: signals?.lexicalRank || "–" })} />
        <Signal name={t("coverage")} value={percent(signals?.coverage ?? 0)} more={t("coverageMore")} />
        <Signal name={t("headCosine")} value={signals?.headCosine.toFixed(3)} more={signals?.headIsQuestion ? t("headIsQuestion") : t("headCosineMore")} />
        {signals?.rerank === undefined ? null : <Signal name={t("rerank")} value={signals.rerank.toFixed(3)} more={t("rerankMore")} />}
        {signals?.otherLanguage ? <Signal name={t("otherLanguage")} value={languageName(passage?.language ?? "")} more={t("otherLanguageMore")} /> : null}
      </dl>
      {hit.instructionsFrom === undefined ? null : <Notice kind="warn">{t("instructionsLeftOut", { text: (passage?.text ?? "").slice(hit.instructionsFrom, hit.instructionsFrom + 80) })}</Notice>}
      {hit.samePassages.length > 0 ? <Notice kind="info">{t("samePassages", { count: hit.samePassages.length, collections: listed([...new Set(hit.samePassages.map(collectionId))]) })}</Notice> : null}
    </li>
  );
}

function Signal({ name, value, more }: { name: string; value: string | undefined; more: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong> <span class="soft">{more}</span>
      </dd>
    </div>
  );
}
