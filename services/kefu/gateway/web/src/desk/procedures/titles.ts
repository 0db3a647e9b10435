/** How a procedure or an action is called. */

import { language } from "../../shared/i18n.ts";
import { lastId } from "../shared/names.ts";

/** The title in the interface's language, else in another one; the id of what has none. */
export function titleOf(of: { readonly name: string; readonly titles: Readonly<Record<string, string>> }): string {
  return of.titles[language.value] || Object.values(of.titles).find((title) => title !== "") || lastId(of.name);
}
