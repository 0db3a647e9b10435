/** Who works at this desk: what a token may do, and where it is kept. */

import { signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { Credentials } from "../../shared/auth.ts";
import type { GatewayConfig } from "../../shared/config.ts";
import { store, stored } from "../../shared/storage.ts";
import type { Services } from "./services.ts";

/** GET /api/me. */
export interface Me {
  readonly tenant: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  /** The strongest of app, agent, lead and admin; none of a key that fits none. */
  readonly roles: readonly string[];
  readonly name: string;
}

export interface Desk {
  readonly services: Services;
  readonly me: Me;
  readonly credentials: Credentials;
  readonly config: GatewayConfig;
  /** How colleagues and customers see whoever sits here. */
  readonly agent: string;
  signOut(): void;
}

const DeskContext = createContext<Desk | null>(null);
export const DeskProvider = DeskContext.Provider;

/** The desk that is signed in; only for what is rendered inside of it. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error("Nobody is signed in.");
  return desk;
}

const KEY = "kefu.desk.key";

// A key lives as long as the tab, in no cookie and no localStorage: who closes the tab has signed out.
export function keptKey(): string {
  return sessionStorage.getItem(KEY) ?? "";
}

export function keepKey(key: string): void {
  if (key === "") sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, key);
}

export class MeRefused extends Error {
  constructor(readonly status: number) {
    super(`/api/me: HTTP ${status}`);
  }
}

export async function fetchMe(token: string): Promise<Me> {
  // A header holds no line breaks and no Chinese: what was pasted may be anything.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new MeRefused(401);
  const response = await fetch("/api/me", { headers: { Authorization: `Bearer ${token}` } });
  if (!response.ok) throw new MeRefused(response.status);
  return (await response.json()) as Me;
}

/** The person's name, asked once and kept; blanks as the server keeps them, which compares names by their letters. */
export const agentName = signal(stored("desk.agent") ?? "");

export function nameAgent(name: string): void {
  const plain = name.trim().split(/\s+/).join(" ");
  store("desk.agent", plain);
  agentName.value = plain;
}

export type Theme = "auto" | "light" | "dark";

export const theme = signal<Theme>((["light", "dark"] as const).find((one) => one === stored("desk.theme")) ?? "auto");

export function setTheme(next: Theme): void {
  store("desk.theme", next === "auto" ? null : next);
  theme.value = next;
  applyTheme();
}

export function applyTheme(): void {
  if (theme.value === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
}
