/** When somebody is there again, as a hand-over's message says it: in the company's zone, by its name. */
import type { Handoff } from "../gen/kefu/router/v1/chat_pb.js";

/** As the router names a zone: "(UTC+8)", "（UTC-3:30）". */
const ZONE = /[(（]UTC(?:[+-]\d{1,2}(?::\d{2})?)?[)）]/;

/** The opening that the message does not tell: it is an emergency's, or a company's own without a time. */
export function untoldOpening(handoff: Handoff): Date | null {
  return handoff.nextOpening && !ZONE.test(handoff.message) ? new Date(Number(handoff.nextOpening.seconds) * 1000) : null;
}

/** A hand-over's text without the zone where the reader's clock shows the same time. */
export function withoutOwnZone(text: string, handoff: Handoff | null): string {
  if (!handoff?.nextOpening) return text;
  const zone = zoneAt(new Date(Number(handoff.nextOpening.seconds) * 1000));
  const [before, after] = text.split(`（${zone}）`);
  if (after !== undefined) return `${before}${/^[\p{L}\p{N}]/u.test(after) ? " " : ""}${after}`;
  return text.replace(` (${zone})`, "");
}

/** The browser's zone at a time, as the router would name it. */
function zoneAt(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return minutes === 0 ? "UTC" : `UTC${minutes < 0 ? "-" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}
