/** Business hours, how long a customer may wait, and what a hand-over says; the rest of the settings is left as it is. */

import { clearField, clone, create } from "@bufbuild/protobuf";
import { useEffect, useRef, useState } from "preact/hooks";

import {
  TenantSettings_TextsSchema,
  TenantSettingsSchema,
} from "../../gen/kefu/router/v1/admin_pb.ts";
import { languageName } from "../shared/format.ts";
import { useAction } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { FailureNotice, Labelled } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import type { SettingsFormProps } from "./tenant_settings.tsx";

const LANGUAGES = ["zh", "en"] as const;
/** Characters of a text, as the server counts them. */
const MOST_CHARACTERS = 1000;
/** TenantSettings' fields that this form has. */
const FIELDS = ["settings.time_zone", "settings.escalate_seconds", "settings.claim_seconds", "settings.business_hours", "settings.texts."];

export function TenantForm({ read, onSaved }: SettingsFormProps) {
  const { services } = useDesk();
  const settings = read.settings ?? create(TenantSettingsSchema);
  const [hours, setHours] = useState(settings.businessHours.join("\n"));
  const [zone, setZone] = useState(settings.timeZone ?? "");
  const [seconds, setSeconds] = useState(settings.escalateSeconds === undefined ? "" : String(settings.escalateSeconds));
  const [claimed, setClaimed] = useState(settings.claimSeconds === undefined ? "" : String(settings.claimSeconds));
  const [words, setWords] = useState(settings.texts);
  const acting = useAction();
  const form = useRef<HTMLFormElement>(null);
  const wrong = acting.failure?.field ?? "";
  const lines = hours.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const errorOf = (field: string, text: string) => (wrong === field ? text : undefined);
  const wrongLine = lines.find((line) => acting.failure?.message.includes(`"${line}"`)) ?? lines.join("; ");
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), [acting.failure]);

  const fields: readonly (readonly ["greeting" | "handoffNothingRelevant" | "handoffCustomerAsked" | "handoffOutOfHours", string])[] = [
    ["greeting", t("textGreeting")],
    ["handoffNothingRelevant", t("textNothingRelevant")],
    ["handoffCustomerAsked", t("textCustomerAsked")],
    ["handoffOutOfHours", t("textOutOfHours")],
  ];
  const save = () => {
    acting.run(async () => {
      const next = clone(TenantSettingsSchema, settings);
      next.businessHours = lines;
      next.texts = words;
      const { timeZone, escalateSeconds, claimSeconds } = TenantSettingsSchema.field;
      if (zone.trim() === "") clearField(next, timeZone);
      else next.timeZone = zone.trim();
      if (seconds === "") clearField(next, escalateSeconds);
      else next.escalateSeconds = Number(seconds);
      if (claimed === "") clearField(next, claimSeconds);
      else next.claimSeconds = Number(claimed);
      await services.admin.updateTenantSettings({ revision: read.revision, settings: next });
      onSaved();
    });
  };
  return (
    <form
      class="panel-card stack"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <div class="row">
        <Labelled label={t("timeZone")} hint={t("timeZoneHint")} error={errorOf("settings.time_zone", t("wrongZone"))}>
          {(id, hint, invalid) => <input id={id} class="field" value={zone} placeholder="Asia/Shanghai" aria-invalid={invalid} aria-describedby={hint} onInput={(event) => setZone(event.currentTarget.value)} />}
        </Labelled>
        <Labelled label={t("escalateSeconds")} hint={t("escalateHint")} error={errorOf("settings.escalate_seconds", t("wrongSeconds"))}>
          {(id, hint, invalid) => <input id={id} class="field" type="number" min={0} step={1} value={seconds} aria-invalid={invalid} aria-describedby={hint} onInput={(event) => setSeconds(event.currentTarget.value)} />}
        </Labelled>
        <Labelled label={t("claimSeconds")} hint={t("claimHint")} error={errorOf("settings.claim_seconds", t("wrongSeconds"))}>
          {(id, hint, invalid) => <input id={id} class="field" type="number" min={0} step={1} value={claimed} aria-invalid={invalid} aria-describedby={hint} onInput={(event) => setClaimed(event.currentTarget.value)} />}
        </Labelled>
      </div>
      <Labelled label={t("businessHours")} hint={t("businessHoursHint")} error={errorOf("settings.business_hours", t("wrongHours", { line: wrongLine }))}>
        {(id, hint, invalid) => <textarea id={id} class="field mono" rows={4} value={hours} placeholder={"Mon-Fri 09:00-18:00"} aria-invalid={invalid} aria-describedby={hint} onInput={(event) => setHours(event.currentTarget.value)} />}
      </Labelled>
      {LANGUAGES.map((language) => (
        <fieldset class="plain-fieldset stack" key={language}>
          <legend>{t("textsIn", { language: languageName(language) })}</legend>
          {fields.map(([field, label]) => (
            <Labelled
              key={field}
              label={label}
              hint={field === "handoffOutOfHours" ? t("openingHint") : ""}
              error={wrong.startsWith("settings.texts.") && [...(words[language]?.[field] ?? "")].length > MOST_CHARACTERS ? t("wrongText") : undefined}
            >
              {(id, hint, invalid) => (
                <textarea
                  id={id}
                  class="field"
                  rows={2}
                  dir="auto"
                  placeholder={t("installationsText")}
                  value={words[language]?.[field] ?? ""}
                  aria-invalid={invalid}
                  aria-describedby={hint}
                  onInput={(event) => {
                    const changed = clone(TenantSettings_TextsSchema, words[language] ?? create(TenantSettings_TextsSchema));
                    changed[field] = event.currentTarget.value;
                    setWords({ ...words, [language]: changed });
                  }}
                />
              )}
            </Labelled>
          ))}
        </fieldset>
      ))}
      <FailureNotice failure={FIELDS.some((field) => wrong.startsWith(field)) ? null : acting.failure} />
      <div class="dialog-actions">
        <button type="submit" class="button primary" disabled={acting.busy}>
          {acting.busy ? t("saving") : t("save")}
        </button>
      </div>
    </form>
  );
}
