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

/** Is told the address that is wanted in place of the one shown; null: addresses are followed. */
let held: ((wanted: string) => void) | null = null;

export function followAddress(): void {
  let shown = location.hash;
  const read = () => {
    const next = parseRoute(location.hash);
    if (held !== null && hrefOf(next.section, ...next.rest) !== hrefOf(route.value.section, ...route.value.rest)) {
      const wanted = location.hash;
      history.replaceState(history.state, "", shown === "" ? location.pathname + location.search : shown);
      held(wanted);
      return;
    }
    shown = location.hash;
    route.value = next;
  };
  addEventListener("hashchange", read);
  read();
}

/** Keeps the page that is shown: `ask` is told which address was wanted instead, until the returned function is called. */
export function holdAddress(ask: (wanted: string) => void): () => void {
  held = ask;
  return () => {
    if (held === ask) held = null;
  };
}

/** Shows an address, also while another one is held. */
export function goTo(hash: string): void {
  held = null;
  location.hash = hash;
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
