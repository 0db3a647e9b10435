/** The form of what is looked for among all conversations. */

import { useState } from "preact/hooks";

import { AnswerSource, Handoff_Reason } from "../../gen/kefu/router/v1/chat_pb.ts";
import { reasonText, sourceText } from "../inbox/words.ts";
import { languageName } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { Labelled } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import type { Filters } from "./filters.ts";

const SPANS = [1, 7, 30, 0] as const;
const SOURCES = values(AnswerSource);
const REASONS = values(Handoff_Reason);

export function FilterForm({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const [words, setWords] = useState(filters.words);
  const set = (part: Partial<Filters>) => onChange({ ...filters, ...part, words });
  const tick = (name: "checked" | "lowSupport" | "reopened" | "byAction", label: string) => (
    <label class="check">
      <input type="checkbox" checked={filters[name]} onChange={(event) => set({ [name]: event.currentTarget.checked })} /> {label}
    </label>
  );
  return (
    <form
      class="stack conversation-filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        set({});
      }}
    >
      <div class="row">
        <Labelled label={t("findWords")}>
          {(id) => <input id={id} class="field" type="search" dir="auto" maxLength={200} value={words} onInput={(event) => setWords(event.currentTarget.value)} />}
        </Labelled>
        <button type="submit" class="button primary">
          <DeskIcon name="search" /> {t("search")}
        </button>
      </div>
      <div class="row">
        <Choice label={t("language")} value={filters.language} onChange={(language) => set({ language })} options={["en", "zh"].map((code) => [code, languageName(code)] as const)} />
        <Choice
          label={t("filterSource")}
          value={filters.source === AnswerSource.UNSPECIFIED ? "" : String(filters.source)}
          onChange={(source) => set({ source: Number(source) as AnswerSource })}
          options={SOURCES.map((one) => [String(one), sourceText(one as AnswerSource)] as const)}
        />
        <Choice
          label={t("filterReason")}
          value={filters.reason}
          onChange={(reason) => set({ reason })}
          options={[["*", t("handedOverAny")], ...REASONS.map((one) => [String(one), reasonText(one as Handoff_Reason)] as const)]}
        />
        <Choice
          label={t("filterRating")}
          value={filters.rating}
          onChange={(rating) => set({ rating: rating as Filters["rating"] })}
          options={[
            ["up", t("ratedUp")],
            ["down", t("ratedDown")],
            ["none", t("unrated")],
          ]}
        />
        <Labelled label={t("filterSince")}>
          {(id) => (
            <select id={id} class="field" value={filters.days} onChange={(event) => set({ days: Number(event.currentTarget.value) })}>
              {SPANS.map((span) => (
                <option key={span} value={span}>
                  {span === 0 ? t("allKept") : t("lastDays", { count: span })}
                </option>
              ))}
            </select>
          )}
        </Labelled>
      </div>
      <div class="row">
        {tick("checked", t("filterChecked"))}
        {tick("lowSupport", t("filterLowSupport"))}
        {tick("reopened", t("filterReopened"))}
        {tick("byAction", t("filterAction"))}
      </div>
    </form>
  );
}

function Choice(props: { label: string; value: string; options: readonly (readonly [string, string])[]; onChange: (value: string) => void }) {
  return (
    <Labelled label={props.label}>
      {(id) => (
        <select id={id} class="field" value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
          <option value="">{t("whichever")}</option>
          {props.options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function values(of: object): readonly number[] {
  return Object.values(of).filter((value): value is number => typeof value === "number" && value !== 0);
}
