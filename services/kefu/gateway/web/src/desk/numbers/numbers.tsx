/** How Kefu does: tiles, charts by day and by hour of the day, shares, and all of it as CSV. */

import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";

import type { GetReviewNumbersResponse } from "../../gen/kefu/router/v1/review_pb.ts";
import type { DocumentUse, Numbers } from "../../gen/kefu/router/v1/insight_pb.ts";
import { ExperimentsPanel } from "../experiments/panel.tsx";
import { reasonByName, sourceByName } from "../inbox/words.ts";
import { download } from "../shared/csv.ts";
import { languageName, milliseconds, number, percent } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useLoaded } from "../shared/loading.ts";
import { collectionId } from "../shared/names.ts";
import { may } from "../shared/permissions.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Empty, FailureNotice, PageHead } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { BarChart, ShareTable } from "./chart.tsx";
import { numbersCsv } from "./export.ts";
import { byDay, byHourOfDay, daysOf, handedOver, shares, spanStart, withOutcome } from "./series.ts";

const SPANS = [1, 7, 30, 90] as const;
const TOP_DOCUMENTS = 10;

interface Span {
  readonly from: Date;
  readonly to: Date;
  readonly total: Numbers;
  readonly hours: readonly Numbers[];
  readonly documents: readonly (DocumentUse & { title: string })[];
  readonly reviews: GetReviewNumbersResponse;
}

interface DayTimes {
  readonly key: string;
  readonly firstText: number;
  readonly total: number;
}

export function NumbersPage() {
  const { services, me } = useDesk();
  const [days, setDays] = useState(7);
  const loaded = useLoaded<Span>(
    async (signal) => {
      const to = new Date();
      const from = spanStart(days, to);
      const span = { startTime: timestampFromDate(from), endTime: timestampFromDate(to) };
      const [numbers, use, reviews] = await Promise.all([
        services.insight.getNumbers(span, { signal }),
        services.insight.listDocumentUse({ ...span, pageSize: TOP_DOCUMENTS }, { signal }),
        services.review.getReviewNumbers({ startDay: from.toISOString().slice(0, 10), endDay: to.toISOString().slice(0, 10) }, { signal }),
      ]);
      const titles = may(me, "knowledge") ? await titlesOf(use.documents.map((one) => one.document)) : new Map<string, string>();
      const documents = use.documents.map((one) => ({ ...one, title: titles.get(one.document) ?? one.document.split("/").slice(1).join("/") }));
      return { from, to, total: numbers.total!, hours: numbers.hours, documents, reviews };
    },
    [services, days],
  );

  // A document's title stands above its first passage; a call for each, for there are ten.
  const titlesOf = async (names: readonly string[]) => {
    const found = await Promise.all(
      names.map(async (document) => {
        const title = await services.knowledge.listPassages({ document, pageSize: 1 }).then(
          ({ passages }) => passages[0]?.title,
          () => undefined, // deleted since: its id is shown
        );
        return [document, title] as const;
      }),
    );
    return new Map(found.filter((entry): entry is readonly [string, string] => Boolean(entry[1])));
  };

  const span = loaded.value;
  return (
    <div class="page">
      <PageHead title={t("numbers")}>
        <label class="picker">
          <span class="soft">{t("span")}</span>
          <select class="field" value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
            {SPANS.map((one) => (
              <option key={one} value={one}>
                {one === 1 ? t("today") : t("lastDays", { count: one })}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="button"
          disabled={span === null}
          onClick={() => {
            if (span) download(`kefu-${span.from.toISOString().slice(0, 10)}-${span.to.toISOString().slice(0, 10)}.csv`, numbersCsv(span.hours));
          }}
        >
          <DeskIcon name="download" /> {t("exportCsv")}
        </button>
      </PageHead>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {span === null && loaded.failure === null ? <Busy /> : null}
      {span ? <Shown span={span} days={days} /> : null}
      <ExperimentsPanel />
    </div>
  );
}

function Shown({ span, days }: { span: Span; days: number }) {
  const { total } = span;
  const perDay = byDay(span.hours, span.from, span.to);
  const perHour = byHourOfDay(span.hours);
  const dayLabels = perDay.map((one) => one.key.slice(5));
  const hourLabels = perHour.map((one) => one.key);
  if (total.questions === 0n && total.replies === 0n) {
    return (
      <Empty icon="chart" title={t("noNumbers")}>
        {t("noNumbersMore")}
      </Empty>
    );
  }
  const answered = Number(total.confirmed + total.assumed + total.reopened);
  const resolved = Number(total.confirmed + total.assumed);
  const outcomes = answered + handedOver(total);
  const rated = Number(total.ratedUp + total.ratedDown);
  const outcome = (buckets: typeof perDay) => [
    { name: t("confirmed"), color: 1 as const, values: buckets.map((one) => one.confirmed) },
    { name: t("assumed"), color: 2 as const, values: buckets.map((one) => one.assumed) },
    { name: t("reopened"), color: 3 as const, values: buckets.map((one) => one.reopened) },
    { name: t("handedOver"), color: 4 as const, values: buckets.map((one) => one.handedOver) },
    { name: t("withoutOutcome"), color: 5 as const, values: buckets.map((one) => Math.max(0, one.questions - withOutcome(one))) },
  ];
  const sources = shares(total.sources);
  const share = (name: string) => sources.find((one) => one.key === name)?.share ?? 0;
  return (
    <>
      <dl class="tiles">
        <Tile name={t("questionsAsked")} value={number(total.questions)} more={t("repliesByPeople", { count: number(total.replies) })} />
        <Tile name={t("resolved")} value={ratio(resolved, outcomes)} more={t("resolvedMore", { confirmed: number(total.confirmed), assumed: number(total.assumed), outcomes: number(outcomes) })} />
        <Tile name={t("resolvedByReview")} {...byReview(span.reviews)} />
        <Tile name={t("reopened")} value={ratio(Number(total.reopened), answered)} more={t("reopenedMore", { n: number(total.reopened) })} />
        <Tile name={t("handedOver")} value={ratio(handedOver(total), Number(total.questions))} more={t("handedOverMore", { n: number(handedOver(total)) })} />
        <Tile name={t("satisfaction")} value={ratio(Number(total.ratedUp), rated)} more={t("satisfactionMore", { count: number(rated) })} />
        <Tile
          name={t("firstText")}
          value={total.firstText?.count ? milliseconds(total.firstText.p50) : "–"}
          more={total.firstText?.count ? t("percentiles", { p95: milliseconds(total.firstText.p95), p99: milliseconds(total.firstText.p99) }) : t("notMeasured")}
        />
        <Tile
          name={t("wholeAnswer")}
          value={total.total?.count ? milliseconds(total.total.p50) : "–"}
          more={total.total?.count ? t("percentiles", { p95: milliseconds(total.total.p95), p99: milliseconds(total.total.p99) }) : t("notMeasured")}
        />
        <Tile
          name={t("cachedOrCurated")}
          value={sources.length > 0 ? percent(share("ANSWER_SOURCE_CACHED") + share("ANSWER_SOURCE_CURATED")) : "–"}
          more={t("cachedOrCuratedMore", { cached: percent(share("ANSWER_SOURCE_CACHED")), curated: percent(share("ANSWER_SOURCE_CURATED")) })}
        />
      </dl>
      <div class="charts">
        {days > 1 ? <BarChart title={t("outcomeByDay")} labels={dayLabels} series={outcome(perDay)} stacked /> : null}
        <BarChart title={t("outcomeByHour")} labels={hourLabels} series={outcome(perHour)} stacked />
        {days > 1 ? <Times span={span} /> : null}
        <BarChart
          title={days > 1 ? t("ratingsByDay") : t("ratingsByHour")}
          labels={days > 1 ? dayLabels : hourLabels}
          series={[
            { name: t("ratedUp"), color: 1, values: (days > 1 ? perDay : perHour).map((one) => one.ratedUp) },
            { name: t("ratedDown"), color: 4, values: (days > 1 ? perDay : perHour).map((one) => one.ratedDown) },
          ]}
        />
      </div>
      <div class="columns numbers-shares">
        <ShareTable title={t("byReason")} none={t("none")} format={percent} rows={shares(total.handoffs).map((one) => ({ ...one, label: reasonByName(one.key) }))} />
        <ShareTable title={t("bySource")} none={t("none")} format={percent} rows={sources.map((one) => ({ ...one, label: sourceByName(one.key) }))} />
        <ShareTable title={t("byLanguage")} none={t("none")} format={percent} rows={shares(total.languages).map((one) => ({ ...one, label: languageName(one.key) }))} />
        <TopDocuments documents={span.documents} />
      </div>
    </>
  );
}

/** Percentiles of a day cannot be had from those of its hours: each day is asked for. */
function Times({ span }: { span: Span }) {
  const { services } = useDesk();
  const loaded = useLoaded<readonly DayTimes[]>(
    async (signal) => {
      const days = daysOf(span.from, span.to);
      const times: DayTimes[] = [];
      for (let at = 0; at < days.length; at += 6) {
        const part = days.slice(at, at + 6).map(async ({ key, start, end }) => {
          const { total } = await services.insight.getNumbers({ startTime: timestampFromDate(start), endTime: timestampFromDate(end) }, { signal });
          return { key, firstText: total?.firstText?.p95 ?? 0, total: total?.total?.p95 ?? 0 };
        });
        times.push(...(await Promise.all(part)));
      }
      return times;
    },
    [services, span],
  );
  if (loaded.failure) return <FailureNotice failure={loaded.failure} retry={loaded.reload} />;
  if (loaded.value === null) return <Busy />;
  return (
    <BarChart
      title={t("timesByDay")}
      labels={loaded.value.map((one) => one.key.slice(5))}
      series={[
        { name: t("firstText"), color: 1, values: loaded.value.map((one) => one.firstText) },
        { name: t("wholeAnswer"), color: 2, values: loaded.value.map((one) => one.total) },
      ]}
      format={milliseconds}
    />
  );
}

function TopDocuments({ documents }: { documents: Span["documents"] }) {
  const most = Math.max(1, ...documents.map((one) => Number(one.citations)));
  const rows = documents.map((one) => ({
    label: one.title,
    count: Number(one.citations),
    share: Number(one.citations) / most,
    href: hrefOf("knowledge", collectionId(one.document), "documents", one.document.split("/")[3] ?? ""),
  }));
  return <ShareTable title={t("topDocuments")} none={t("none")} format={() => ""} rows={rows} />;
}

function Tile({ name, value, more }: { name: string; value: string; more: string }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd class="tile-value">{value}</dd>
      <dd class="tile-more">{more}</dd>
    </div>
  );
}

/** What people who judged a sample say of all questions, with its interval. */
function byReview({ resolved, judged }: GetReviewNumbersResponse): { value: string; more: string } {
  if (resolved === undefined) return { value: "–", more: t("resolvedByReviewNone") };
  return { value: percent(resolved.share), more: t("resolvedByReviewMore", { low: percent(resolved.low), high: percent(resolved.high), n: number(judged) }) };
}

function ratio(part: number, whole: number): string {
  return whole === 0 ? "–" : percent(part / whole);
}
