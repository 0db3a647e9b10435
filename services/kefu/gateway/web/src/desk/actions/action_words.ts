/** What an action is, in words. */

import type { Action } from "../../gen/kefu/router/v1/action_pb.ts";
import { listed } from "../../shared/i18n.ts";
import { t } from "../texts.ts";

/** Change.risk; "" of what only looks something up. */
export function riskText(risk: string): string {
  const words: Readonly<Record<string, string>> = { "": t("actionReads"), write: t("actionWrites"), money: t("actionMovesMoney") };
  return words[risk] ?? risk;
}

/** Where it calls: no input may stand in an address' host. */
export function hostOf(action: Action): string {
  const url = action.call?.url ?? "";
  const host = URL.canParse(url) ? new URL(url).host : url;
  const tool = action.call?.tool ?? "";
  return tool === "" ? host : `${host} (MCP: ${tool})`;
}

/** What has a customer's message call it. */
export function askedByText(action: Action): string {
  const { intents, examples } = action;
  const parts = [
    ...(intents.length > 0 ? [t("intentsAre", { intents: listed(intents) })] : []),
    ...(examples.length > 0 ? [t("exampleCount", { count: examples.length })] : []),
  ];
  return parts.join("; ") || t("byOthersOnly");
}
