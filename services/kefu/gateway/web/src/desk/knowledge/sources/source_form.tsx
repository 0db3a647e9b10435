/** A source, to be made or changed. What the form does not show stays as it is. */

import { clone } from "@bufbuild/protobuf";
import { useState } from "preact/hooks";

import { Audience } from "../../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { type Recipe, type Source, SourceSchema } from "../../../gen/kefu/retrieval/v1/source_pb.ts";
import { Dialog } from "../../../shared/dialog.tsx";
import { useAction, useLoaded } from "../../shared/loading.ts";
import { useDesk } from "../../shared/session.ts";
import { FailureNotice, Labelled } from "../../shared/ui.tsx";
import { t } from "../../texts.ts";
import { EMPTY, KINDS, type Fields, fieldsOf, sourceOf } from "./source_fields.ts";
import { lastOf, titleOf } from "./words.ts";

type TextField = { [Name in keyof Fields]: Fields[Name] extends string ? Name : never }[keyof Fields];

export function SourceForm(props: { collection: string; source: Source; onClose: () => void; onSaved: (id: string, token: string) => void }) {
  const { collection, source, onClose, onSaved } = props;
  const { services } = useDesk();
  const isNew = source.name === "";
  const [fields, setFields] = useState<Fields>(() => (isNew ? EMPTY : fieldsOf(source)));
  const acting = useAction();
  const recipes = useLoaded<readonly Recipe[]>(async (signal) => (await services.sources.listRecipes({}, { signal })).recipes, [services]);
  const recipe = recipes.value?.find((one) => one.id === fields.recipe);
  const example = Object.entries(recipe?.settings ?? {}).map(([name, value]) => `${name}=${value}`);
  const set = (changed: Partial<Fields>) => setFields({ ...fields, ...changed });
  const kinds = {
    sitemap: t("kindSitemap"),
    crawl: t("kindCrawl"),
    git: t("kindGit"),
    feed: t("kindFeed"),
    folder: t("kindFolder"),
    s3: t("kindS3"),
    rest: t("kindRest"),
  };
  const text = (name: TextField, label: string, more: { hint?: string; required?: boolean } = {}) => (
    <Labelled label={label} {...(more.hint ? { hint: more.hint } : {})}>
      {(control, hint) => (
        <input
          id={control}
          class="field"
          required={more.required ?? false}
          value={fields[name]}
          aria-describedby={hint}
          onInput={(event) => set({ [name]: event.currentTarget.value })}
        />
      )}
    </Labelled>
  );
  return (
    <Dialog kind="box" title={isNew ? t("newSource") : titleOf(source)} closeLabel={t("close")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          acting.run(async () => {
            const changed = sourceOf(clone(SourceSchema, source), fields, collection);
            const put = await services.sources.putSource({ source: changed });
            onSaved(lastOf(changed.name), put.pushToken);
          });
        }}
      >
        {isNew ? text("id", t("sourceName"), { hint: t("sourceNameHint"), required: true }) : null}
        {text("displayName", t("displayName"))}
        <Labelled label={t("sourceKind")}>
          {(control) => (
            <select
              id={control}
              class="field"
              value={fields.kind}
              disabled={!isNew}
              onChange={(event) => set({ kind: KINDS.find((one) => one === event.currentTarget.value) ?? "sitemap" })}
            >
              {KINDS.map((one) => (
                <option key={one} value={one}>
                  {kinds[one]}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        {fields.kind === "rest" ? (
          <>
            <Labelled label={t("sourceRecipe")}>
              {(control) => (
                <select id={control} class="field" value={fields.recipe} onChange={(event) => set({ recipe: event.currentTarget.value })}>
                  <option value="" />
                  {(recipes.value ?? []).map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.title}
                    </option>
                  ))}
                </select>
              )}
            </Labelled>
            <Labelled label={t("sourceSettings")} hint={t("sourceSettingsHint", { example: example.join(" ") || "site=…" })}>
              {(control, hint) => (
                <textarea id={control} class="field mono" rows={3} value={fields.settings} aria-describedby={hint} onInput={(event) => set({ settings: event.currentTarget.value })} />
              )}
            </Labelled>
          </>
        ) : (
          text("address", fields.kind === "folder" ? t("sourcePath") : t("sourceAddress"), { required: true })
        )}
        {fields.kind === "s3" ? text("bucket", t("sourceBucket"), { required: true }) : null}
        {fields.kind === "crawl" ? text("prefix", t("sourcePrefix")) : null}
        {fields.kind === "git" ? text("folder", t("sourceFolder")) : null}
        {["git", "s3", "rest"].includes(fields.kind) ? text("secret", t("sourceSecret"), { hint: t("sourceSecretHint") }) : null}
        <Labelled label={t("sourceEvery")} hint={t("sourceEveryHint")}>
          {(control, hint) => (
            <input
              id={control}
              class="field"
              type="number"
              min={0}
              max={720}
              step="any"
              value={fields.hours}
              aria-describedby={hint}
              onInput={(event) => set({ hours: event.currentTarget.value })}
            />
          )}
        </Labelled>
        <label class="check">
          <input type="checkbox" checked={fields.audience === Audience.STAFF} onChange={(event) => set({ audience: event.currentTarget.checked ? Audience.STAFF : Audience.EVERYONE })} />{" "}
          {t("sourceStaff")}
        </label>
        <label class="check">
          <input type="checkbox" checked={fields.paused} onChange={(event) => set({ paused: event.currentTarget.checked })} /> {t("sourcePause")}
        </label>
        <label class="check">
          <input type="checkbox" checked={fields.unchecked} onChange={(event) => set({ unchecked: event.currentTarget.checked })} /> {t("sourceUnchecked")}
        </label>
        <FailureNotice failure={acting.failure} />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary" disabled={acting.busy}>
            {t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
