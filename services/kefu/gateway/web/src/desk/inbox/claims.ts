/** The claims that this tab holds, and the replies it has begun: both outlive going to another page of the console. */

import { signal } from "@preact/signals";

/** By session: ClaimSessionResponse.claim. */
export const claims = signal<ReadonlyMap<string, bigint>>(new Map());

export function holdClaim(session: string, claim: bigint): void {
  claims.value = new Map(claims.value).set(session, claim);
}

export function dropClaim(session: string): void {
  const left = new Map(claims.value);
  left.delete(session);
  claims.value = left;
}

/** Sessions that this tab is giving back: what becomes of them meanwhile is no surprise. */
export const givingBack = new Set<string>();

/** Whether this tab holds a session, and means to. */
export function holds(session: string): boolean {
  return claims.value.has(session) && !givingBack.has(session);
}

const DRAFT = "kefu.desk.draft.";

/** What was being written; kept in the tab, so that neither a lost claim nor a reload loses it. */
export function draftOf(session: string): string {
  return sessionStorage.getItem(DRAFT + session) ?? "";
}

export function keepDraft(session: string, text: string): void {
  if (text === "") sessionStorage.removeItem(DRAFT + session);
  else sessionStorage.setItem(DRAFT + session, text);
}

/** An id for a request. `crypto.randomUUID` is missing on pages served over plain HTTP. */
export function requestId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
