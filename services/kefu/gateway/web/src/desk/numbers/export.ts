/** The numbers as a table for a spreadsheet: a row an hour, and the columns that occur in any of them. */

import { timestampDate } from "@bufbuild/protobuf/wkt";

import type { Numbers } from "../../gen/kefu/router/v1/insight_pb.ts";
import { type Cell, csvOf } from "../shared/csv.ts";

/** Headers are names of the contract, so that a script reads them in every language; times are UTC, durations in ms. */
export function numbersCsv(hours: readonly Numbers[]): string {
  const columns = (of: (hour: Numbers) => Readonly<Record<string, bigint>>) =>
    [...new Set(hours.flatMap((hour) => Object.keys(of(hour))))].sort();
  const reasons = columns((hour) => hour.handoffs);
  const sources = columns((hour) => hour.sources);
  const languages = columns((hour) => hour.languages);
  const header = [
    ...["hour_utc", "questions", "confirmed", "assumed", "reopened", "rated_up", "rated_down", "replies"],
    ...["first_text_p50_ms", "first_text_p95_ms", "first_text_p99_ms", "total_p50_ms", "total_p95_ms", "total_p99_ms"],
    ...reasons.map((name) => `handoffs.${name}`),
    ...sources.map((name) => `sources.${name}`),
    ...languages.map((name) => `languages.${name}`),
  ];
  const rows = hours.map((hour): Cell[] => [
    hour.startTime === undefined ? "" : timestampDate(hour.startTime).toISOString(),
    ...[hour.questions, hour.confirmed, hour.assumed, hour.reopened, hour.ratedUp, hour.ratedDown, hour.replies],
    ...[hour.firstText, hour.total].flatMap((one) => [one?.p50 ?? 0, one?.p95 ?? 0, one?.p99 ?? 0]),
    ...reasons.map((name) => hour.handoffs[name] ?? 0n),
    ...sources.map((name) => hour.sources[name] ?? 0n),
    ...languages.map((name) => hour.languages[name] ?? 0n),
  ]);
  return csvOf([header, ...rows]);
}
