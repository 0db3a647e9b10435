/**
 * The interface's language: what was chosen on the page, else the browser's. Texts are a pair of tables, one a language;
 * the types hold that both have all keys, and a unit test that they have the same {places}.
 */
import { signal } from "@preact/signals";
import { store, stored } from "./storage.ts";

export type Language = "en" | "zh";
export type Values = Record<string, string | number>;

/** The language shown now. Reading `.value` while rendering renders again when it changes. */
export const language = signal<Language>(initial());

export function choose(next: Language): void {
  store("language", next);
  language.value = next;
}

/** For <html lang>, dates and numbers. */
export function locale(): string {
  return language.value === "zh" ? "zh-CN" : "en";
}

/** "a, b" or "a、b". */
export function listed(items: readonly string[]): string {
  return items.join(language.value === "zh" ? "、" : ", ");
}

/**
 * `const t = texts({ hello: "Hello {name}" }, { hello: "{name}，您好" })`, then `t("hello", { name })`. In English, "key"
 * gives way to "key_one" for `count: 1`, where there is one.
 */
export function texts<K extends string>(en: Record<K, string>, zh: Record<K, string>) {
  const tables = { en, zh };
  return (key: K, values: Values = {}): string => {
    const table: Partial<Record<string, string>> = tables[language.value];
    const text = (String(values["count"]) === "1" ? table[`${key}_one`] : undefined) ?? table[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  };
}

function initial(): Language {
  const asked = new URLSearchParams(globalThis.location?.search ?? "").get("lang") ?? stored("language");
  if (asked === "en" || asked === "zh") return asked;
  for (const tag of globalThis.navigator?.languages ?? []) {
    if (/^zh\b/i.test(tag)) return "zh";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}
