/** What a key may do at the desk: which scope each page needs. The server judges; pages that it would refuse are not offered. */

import { listed } from "../../shared/i18n.ts";
import { t } from "../texts.ts";
import { type Section, SECTIONS } from "./route.ts";
import type { Me } from "./session.ts";

export type Scope = "desk" | "knowledge" | "settings" | "admin";

/** One of the scopes is enough. The settings of this tab are for everybody; those of the company have tabs that need a scope. */
const NEEDED: Readonly<Record<Exclude<Section, "settings">, readonly Scope[]>> = {
  inbox: ["desk"],
  conversations: ["desk"],
  review: ["desk"],
  unanswered: ["settings"],
  knowledge: ["knowledge"],
  procedures: ["settings"],
  golden: ["settings", "knowledge"],
  numbers: ["settings"],
};

export function may(me: Me, scope: Scope): boolean {
  return me.scopes.includes(scope);
}

/** Who can do nothing here. */
export function isStranger(me: Me): boolean {
  return !(["desk", "knowledge", "settings", "admin"] as const).some((scope) => may(me, scope));
}

/** The scope that a page needs and this key lacks; null where the page may be used. */
export function lacking(me: Me, section: Section): Scope | null {
  if (section === "settings" || NEEDED[section].some((scope) => may(me, scope))) return null;
  return NEEDED[section][0]!;
}

/** The pages that this key may use, in their order; at least the settings. */
export function sectionsFor(me: Me): readonly Section[] {
  return SECTIONS.filter((section) => lacking(me, section) === null);
}

/** The roles in words; of a key that fits none, its scopes. */
export function roleText(me: Me): string {
  const words: Readonly<Record<string, string>> = { app: t("roleApp"), agent: t("roleAgent"), lead: t("roleLead"), admin: t("roleAdmin") };
  return listed(me.roles.length > 0 ? me.roles.map((role) => words[role] ?? role) : me.scopes);
}
