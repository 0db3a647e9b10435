/** Times, durations and shares in the interface's language. */

import { type Timestamp, timestampDate, timestampMs } from "@bufbuild/protobuf/wkt";
import { signal } from "@preact/signals";

import { language, locale } from "../../shared/i18n.ts";
import { t } from "../texts.ts";

/** Milliseconds since 1970, renewed every few seconds: what is shown as "5 min" grows. */
export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 5_000);

/** "45 s", "12 min", "3 h 5 min", "2 d". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t("seconds", { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? t("hours", { n: hours }) : t("hoursMinutes", { n: hours, m: minutes % 60 });
  return t("days", { n: Math.floor(hours / 24) });
}

export function waited(since: Timestamp, at = now.value): string {
  return duration(at - timestampMs(since));
}

/** "14:05" today, "Nov 24, 14:05" before. */
export function clock(time: Timestamp | undefined): string {
  if (time === undefined) return "";
  const date = timestampDate(time);
  const today = date.toDateString() === new Date(now.value).toDateString();
  return new Intl.DateTimeFormat(locale(), {
    ...(today ? {} : { month: "short", day: "numeric" }),
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  }).format(date);
}

export function dateOf(time: Timestamp | undefined): string {
  return time === undefined ? "" : new Intl.DateTimeFormat(locale(), { dateStyle: "medium" }).format(timestampDate(time));
}

export function number(value: number | bigint): string {
  return new Intl.NumberFormat(locale()).format(value);
}

export function percent(share: number): string {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 }).format(share);
}

/** "0.43 s" or "850 ms". */
export function milliseconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${Math.round(count / 1000)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

/** "zh" to "中文" or "Chinese", as the interface speaks. */
export function languageName(code: string): string {
  if (code === "") return t("languageUnknown");
  return new Intl.DisplayNames([language.value === "zh" ? "zh-CN" : "en"], { type: "language" }).of(code) ?? code;
}
