/** The console's texts in the interface's language. */

import { texts } from "../shared/i18n.ts";
import { en } from "./texts_en.ts";
import { zh } from "./texts_zh.ts";

export const t = texts<keyof typeof en>(en, zh);

/** The text of a word of the contract, such as "hand_over": that under "decisionHandOver". The word itself, of a newer server's. */
export function wordText(kind: "decision" | "reason", word: string): string {
  const key = `${kind}${word.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
  return key in en ? t(key as keyof typeof en) : word.replaceAll("_", " ");
}
