/** Numbers by day and by hour of the day, from the hours that the server counts in. */

import { timestampDate } from "@bufbuild/protobuf/wkt";

import type { Numbers } from "../../gen/kefu/router/v1/insight_pb.ts";

/** A day or an hour of the day, with what happened in it. */
export interface Bucket {
  /** "2026-11-25", or "09" for nine to ten o'clock. */
  readonly key: string;
  readonly questions: number;
  readonly confirmed: number;
  readonly assumed: number;
  readonly reopened: number;
  readonly handedOver: number;
  readonly replies: number;
  readonly ratedUp: number;
  readonly ratedDown: number;
}

const NOTHING: Omit<Bucket, "key"> = {
  questions: 0,
  confirmed: 0,
  assumed: 0,
  reopened: 0,
  handedOver: 0,
  replies: 0,
  ratedUp: 0,
  ratedDown: 0,
};

/** A bucket for each day of the span, days without anything too; days are the browser's. */
export function byDay(hours: readonly Numbers[], from: Date, to: Date): readonly Bucket[] {
  const days = new Map<string, Bucket>();
  for (let day = startOfDay(from); day < to; day = nextDay(day)) days.set(dayKey(day), { key: dayKey(day), ...NOTHING });
  return filled(days, hours, (time) => dayKey(time));
}

/** 24 buckets: what happened at each hour of the day, all days together; hours are the browser's. */
export function byHourOfDay(hours: readonly Numbers[]): readonly Bucket[] {
  const day = new Map<string, Bucket>();
  for (let hour = 0; hour < 24; hour += 1) day.set(twoDigits(hour), { key: twoDigits(hour), ...NOTHING });
  return filled(day, hours, (time) => twoDigits(time.getHours()));
}

/** A map of counts as shares of their sum, greatest first. */
export function shares(counts: Readonly<Record<string, bigint>>): readonly { key: string; count: number; share: number }[] {
  const entries = Object.entries(counts).map(([key, count]) => ({ key, count: Number(count) }));
  const sum = entries.reduce((total, { count }) => total + count, 0);
  return entries
    .filter(({ count }) => count > 0)
    .map(({ key, count }) => ({ key, count, share: count / sum }))
    .sort((a, b) => b.count - a.count || a.key.localeCompare(b.key));
}

/** Questions that have an outcome: the contract leaves small talk, questions back, actions and refusals out. */
export function withOutcome(of: Pick<Bucket, "confirmed" | "assumed" | "reopened" | "handedOver">): number {
  return of.confirmed + of.assumed + of.reopened + of.handedOver;
}

export function handedOver(numbers: Numbers): number {
  return Object.values(numbers.handoffs).reduce((sum, count) => sum + Number(count), 0);
}

/** The whole days of a span, each from when to when: for numbers that hours cannot be added up to, such as percentiles. */
export function daysOf(from: Date, to: Date): readonly { key: string; start: Date; end: Date }[] {
  const days: { key: string; start: Date; end: Date }[] = [];
  for (let day = startOfDay(from); day < to; day = nextDay(day)) {
    days.push({ key: dayKey(day), start: day, end: nextDay(day) < to ? nextDay(day) : to });
  }
  return days;
}

/** The local midnight that a span of so many days, today included, begins with. */
export function spanStart(days: number, now: Date): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - days + 1);
}

function filled(buckets: Map<string, Bucket>, hours: readonly Numbers[], keyOf: (time: Date) => string): readonly Bucket[] {
  for (const hour of hours) {
    if (hour.startTime === undefined) continue;
    const key = keyOf(timestampDate(hour.startTime));
    const bucket = buckets.get(key);
    if (bucket === undefined) continue; // the rest of an hour in which the span began
    buckets.set(key, {
      key,
      questions: bucket.questions + Number(hour.questions),
      confirmed: bucket.confirmed + Number(hour.confirmed),
      assumed: bucket.assumed + Number(hour.assumed),
      reopened: bucket.reopened + Number(hour.reopened),
      handedOver: bucket.handedOver + handedOver(hour),
      replies: bucket.replies + Number(hour.replies),
      ratedUp: bucket.ratedUp + Number(hour.ratedUp),
      ratedDown: bucket.ratedDown + Number(hour.ratedDown),
    });
  }
  return [...buckets.values()];
}

function startOfDay(time: Date): Date {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate());
}

function nextDay(day: Date): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1); // not 24 hours: clocks are put forward and back
}

function dayKey(time: Date): string {
  return `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
