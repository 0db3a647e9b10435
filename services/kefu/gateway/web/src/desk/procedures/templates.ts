/** What a new procedure begins with: a small page in the interface's language. */

import { language } from "../../shared/i18n.ts";
import templateEn from "./template_en.md?raw";
import templateZh from "./template_zh.md?raw";

/** Stands where the name of an action goes. */
export const PLACEHOLDER = "NAME-OF-AN-ACTION";

/** The page for an action; without one the placeholder stays, which the check finds. */
export function templatePage(action: string): string {
  const page = language.value === "zh" ? templateZh : templateEn;
  return action === "" ? page : page.replaceAll(`\`${PLACEHOLDER}\``, `\`${action}\``);
}
