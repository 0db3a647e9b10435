/** Which page the address names: "#/inbox/<session>", "#/knowledge/<collection>/<tab>" and so on. */

import { signal } from "@preact/signals";

export const SECTIONS = ["inbox", "conversations", "review", "unanswered", "knowledge", "procedures", "golden", "numbers", "settings"] as const;
export type Section = (typeof SECTIONS)[number];

export interface Route {
  readonly section: Section;
  /** What stands behind the section, decoded. */
  readonly rest: readonly string[];
}

/** An address that names no section is the inbox. */
export function parseRoute(hash: string): Route {
  const [first = "", ...rest] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  const section = SECTIONS.find((one) => one === first);
  return section === undefined ? { section: "inbox", rest: [] } : { section, rest: rest.filter((part) => part !== "") };
}

export function hrefOf(section: Section, ...rest: string[]): string {
  return `#/${[section, ...rest.map(encodeURIComponent)].join("/")}`;
}

export const route = signal<Route>(parseRoute(""));

export function followAddress(): void {
  const read = () => {
    route.value = parseRoute(location.hash);
  };
  addEventListener("hashchange", read);
  read();
}

export function go(section: Section, ...rest: string[]): void {
  location.hash = hrefOf(section, ...rest);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a "%" that was typed by hand
  }
}
