/** Why an answer is what it is, as the pipeline decided it. */

import { type Duration } from "@bufbuild/protobuf/wkt";
import { durationMs } from "@bufbuild/protobuf/wkt";

import type { Turn } from "../../gen/kefu/router/v1/chat_pb.ts";
import type { ExplainAnswerResponse, Explanation, Explanation_Curated, Explanation_Evidence, Explanation_Model, Explanation_Search } from "../../gen/kefu/router/v1/review_pb.ts";
import { intentText, moodText, urgencyText } from "../inbox/words.ts";
import { milliseconds } from "../shared/format.ts";
import { useLoaded } from "../shared/loading.ts";
import { collectionId } from "../shared/names.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, FailureNotice } from "../shared/ui.tsx";
import { t, wordText } from "../texts.ts";
import { listed } from "../../shared/i18n.ts";
import { plainText } from "../../shared/markdown.tsx";
import { curatedReason } from "../knowledge/curated_reason.ts";
import { byRelevance } from "../knowledge/threshold.ts";

export function Why({ turn }: { turn: string }) {
  const { services } = useDesk();
  const loaded = useLoaded<ExplainAnswerResponse>((signal) => services.review.explainAnswer({ turn }, { signal }), [services, turn]);
  const { explanation, turn: reviewed } = loaded.value ?? {};
  return (
    <section class="why stack" aria-label={t("whyAsk")}>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {explanation && reviewed?.turn ? <Explained why={explanation} turn={reviewed.turn} /> : null}
    </section>
  );
}

function Explained({ why, turn }: { why: Explanation; turn: Turn }) {
  return (
    <>
      <Summary why={why} turn={turn} />
      <h3>{t("whyFound")}</h3>
      {why.searches.length === 0 ? <p class="soft">{t("whyNothing")}</p> : null}
      {why.searches.map((search, at) => (
        <Searched key={at} search={search} />
      ))}
      {why.evidence.length > 0 ? <h3>{t("whyEvidence")}</h3> : null}
      {why.evidence.map((evidence, at) => (
        <EvidenceOf key={at} evidence={evidence} />
      ))}
      {why.model ? <Checks model={why.model} /> : null}
    </>
  );
}

/** What a decision is about: of a hand-over its reason, behind which more may stand. */
function detailText({ decision, detail }: Explanation): string {
  if (decision !== "hand_over") return detail;
  const [reason = "", ...more] = detail.split(": ");
  return [wordText("reason", reason), ...more].join(": ");
}

/** Who writes answers with a profile. */
function profileText(profile: string): string {
  switch (profile) {
    case "evidence":
      return t("profileEvidence");
    case "choice":
      return t("profileChoice");
    case "full":
      return t("profileFull");
    case "verified":
      return t("profileVerified");
    case "unchecked":
      return t("profileUnchecked");
    default:
      return profile;
  }
}

function Summary({ why, turn }: { why: Explanation; turn: Turn }) {
  const { completed, triage } = turn;
  const timings = completed?.timings;
  const told = (key: "timeQueue" | "timeSearch" | "timeFirst" | "timeTotal" | "timeModel", time: Duration | undefined) =>
    time ? [t(key, { time: milliseconds(durationMs(time)) })] : [];
  const times = [...told("timeQueue", timings?.queue), ...told("timeSearch", timings?.search), ...told("timeModel", why.model?.time), ...told("timeFirst", timings?.firstText), ...told("timeTotal", timings?.total)];
  return (
    <dl class="facts">
      <dt>{t("whyDecision")}</dt>
      <dd>
        {wordText("decision", why.decision)} {why.detail ? <span class="soft">{detailText(why)}</span> : null}
      </dd>
      <dt>{t("whyProfile")}</dt>
      <dd>{profileText(why.profile)}</dd>
      {why.model?.model || completed?.model ? (
        <>
          <dt>{t("whyModel")}</dt>
          <dd>
            {why.model?.model || completed?.model} <span class="soft">{[why.model?.replica, why.model?.fingerprint].filter(Boolean).join(" · ")}</span>
          </dd>
        </>
      ) : null}
      {triage ? (
        <>
          <dt>{t("whyRead")}</dt>
          <dd>{[triage.intent ? intentText(triage.intent) : "", urgencyText(triage.urgency), moodText(triage.mood)].filter(Boolean).join(" · ")}</dd>
        </>
      ) : null}
      {why.offeredActions.length > 0 ? (
        <>
          <dt>{t("whyActions")}</dt>
          <dd>{listed(why.offeredActions)}</dd>
        </>
      ) : null}
      {completed?.brownOut ? (
        <>
          <dt>{t("whyBrownOut")}</dt>
          <dd>{t("whyLevel", { n: completed.brownOut })}</dd>
        </>
      ) : null}
      <dt>{t("whyTimes")}</dt>
      <dd>{listed(times)}</dd>
    </dl>
  );
}

function Searched({ search }: { search: Explanation_Search }) {
  return (
    <div class="stack">
      <dl class="facts">
        <dt>{t("whyQuery")}</dt>
        <dd dir="auto">{search.query}</dd>
        {search.readAs ? (
          <>
            <dt>{t("whyReadAs")}</dt>
            <dd dir="auto">{search.readAs}</dd>
          </>
        ) : null}
        {search.usedHistory ? (
          <>
            <dt>{t("whyHistory")}</dt>
            <dd dir="auto">{search.history}</dd>
          </>
        ) : null}
        {search.curated ? <Curated near={search.curated} /> : null}
      </dl>
      {search.givesInstructions ? <p>{t("whyInstructs")}</p> : null}
      {search.apart < search.minApart ? <p>{t("whyTooClose", { apart: search.apart.toFixed(3), wanted: search.minApart.toFixed(3) })}</p> : null}
      {search.found.length === 0 ? (
        <p class="soft">{t("whyNothingFound")}</p>
      ) : (
        <div class="table-frame" tabIndex={0} role="region" aria-label={t("whyFound")}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col" class="figure">
                  {t("whyRelevance")}
                </th>
                <th scope="col" class="figure">
                  {t("whyNeeded")}
                </th>
                <th scope="col">{t("document")}</th>
              </tr>
            </thead>
            <tbody>
              {byRelevance(search.found).map((one) => (
                <tr key={one.passage}>
                  <td class="figure">{one.relevance >= one.minRelevance ? <strong>{one.relevance.toFixed(2)}</strong> : one.relevance.toFixed(2)}</td>
                  <td class="figure">{one.minRelevance.toFixed(2)}</td>
                  <td class="wrapping">
                    <a href={hrefOf("knowledge", collectionId(one.passage), "documents", one.passage.split("/")[3] ?? "")}>{one.title || one.passage}</a>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Curated({ near }: { near: Explanation_Curated }) {
  return (
    <>
      <dt>{t("whyCurated")}</dt>
      <dd>
        <span dir="auto">{near.question}</span> <span class="soft">{t("whyCosine", { value: near.cosine.toFixed(3), wanted: near.leastCosine.toFixed(2) })}</span>{" "}
        {near.reason === "" ? <Badge kind="good">{t("whyCuratedApplies")}</Badge> : <Badge kind="warn">{t("whyCuratedNot", { reason: curatedReason(near) })}</Badge>}
      </dd>
    </>
  );
}

function EvidenceOf({ evidence }: { evidence: Explanation_Evidence }) {
  const value = evidence.bearing.toFixed(2);
  return (
    <div class="stack">
      <p>
        <span dir="auto">{evidence.asked}</span> {evidence.bears ? <Badge kind="good">{t("whyBears", { value })}</Badge> : <Badge kind="warn">{t("whyBearsNot", { value })}</Badge>}
      </p>
      {evidence.computation ? <p dir="auto">{t("whyComputed", { text: evidence.computation })}</p> : null}
      <ul class="plain-list rows">
        {evidence.pieces.map((piece, at) => (
          <li key={at} dir="auto">
            <Badge kind={piece.chosen ? "good" : "plain"}>{piece.chosen ? t("whyChosen") : t("whyNotChosen")}</Badge> {piece.text}{" "}
            {piece.score === undefined ? null : <span class="soft">{piece.score.toFixed(2)}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Checks({ model }: { model: Explanation_Model }) {
  return (
    <>
      <h3>{t("whyChecks")}</h3>
      {model.failedCheck === "" && model.literal === "" ? <p>{t("whyPassed")}</p> : null}
      {model.failedCheck ? (
        <p>
          {t("whyFailed", { check: model.failedCheck })}: <del dir="auto">{plainText(model.cut)}</del>
        </p>
      ) : null}
      {model.literal ? <p>{t("whyLiteral", { literal: model.literal })}</p> : null}
      {model.replacedBy ? <p>{t("whyInstead", { what: model.replacedBy })}</p> : null}
      {model.continuations > 0 ? <p>{t("whyContinued", { n: model.continuations })}</p> : null}
    </>
  );
}
