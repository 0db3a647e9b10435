/** The interface's language and colours. */

import { choose, language } from "../shared/i18n.ts";
import { Icon } from "../shared/icons.tsx";
import { DeskIcon } from "./shared/icons.tsx";
import { setTheme, type Theme, theme } from "./shared/session.ts";
import { t } from "./texts.ts";

export function LanguageSwitch() {
  const other = language.value === "zh" ? "en" : "zh";
  return (
    <button type="button" class="button quiet small" lang={other === "zh" ? "zh-CN" : "en"} onClick={() => choose(other)}>
      <Icon name="globe" /> {other === "zh" ? "中文" : "English"}
    </button>
  );
}

const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };

export function ThemeSwitch() {
  const names: Record<Theme, string> = { auto: t("themeAuto"), light: t("themeLight"), dark: t("themeDark") };
  return (
    <button type="button" class="button quiet small" onClick={() => setTheme(NEXT[theme.value])}>
      <DeskIcon name="moon" /> <span class="unseen">{t("theme")}: </span>
      {names[theme.value]}
    </button>
  );
}
