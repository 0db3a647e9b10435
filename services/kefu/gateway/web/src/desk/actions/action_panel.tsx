/** An action, whole, to read; administrators can try it. */

import { toJsonString } from "@bufbuild/protobuf";
import { useState } from "preact/hooks";

import { type Action, ActionSchema, type TryActionResponse } from "../../gen/kefu/router/v1/action_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { language, listed } from "../../shared/i18n.ts";
import { markdown } from "../../shared/markdown.tsx";
import { titleOf } from "../procedures/titles.ts";
import { languageName } from "../shared/format.ts";
import { useAction } from "../shared/loading.ts";
import { may } from "../shared/permissions.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, FailureNotice, Labelled, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { askedByText, hostOf, riskText } from "./action_words.ts";

const LANGUAGES = ["en", "zh"] as const;

export function ActionPanel({ of, onClose }: { of: Action; onClose: () => void }) {
  const { me } = useDesk();
  return (
    <Dialog kind="panel" title={titleOf(of)} closeLabel={t("close")} onClose={onClose}>
      <div class="stack">
        <dl class="facts">
          <dt>{t("name")}</dt>
          <dd class="mono">{of.name}</dd>
          <dt>{t("risk")}</dt>
          <dd>{riskText(of.change?.risk ?? "")}</dd>
          <dt>{t("calls")}</dt>
          <dd>{hostOf(of)}</dd>
          <dt>{t("inputs")}</dt>
          <dd>{listed(of.inputs.map((input) => (input.from === "" ? input.name : t("fromCustomer", { name: input.name })))) || "–"}</dd>
          <dt>{t("askedBy")}</dt>
          <dd>{askedByText(of)}</dd>
          <dt>{t("revision")}</dt>
          <dd>{String(of.revision)}</dd>
        </dl>
        {of.requiresCustomer || of.inputs.some((input) => input.from !== "") ? (
          <p>
            <Badge kind="accent">{t("signedInOnly")}</Badge>
          </p>
        ) : null}
        {may(me, "admin") ? <TryForm of={of} /> : null}
        <details>
          <summary>{t("asJson")}</summary>
          <pre class="json" tabIndex={0}>
            {toJsonString(ActionSchema, of, { prettySpaces: 2, useProtoFieldName: true })}
          </pre>
        </details>
      </div>
    </Dialog>
  );
}

function TryForm({ of }: { of: Action }) {
  const { services } = useDesk();
  const [customer, setCustomer] = useState("");
  const [speaks, setSpeaks] = useState<string>(language.value);
  const [inputs, setInputs] = useState<Readonly<Record<string, string>>>({});
  const [tried, setTried] = useState<TryActionResponse | null>(null);
  const acting = useAction();
  const asked = of.inputs.filter((input) => input.from === "");
  return (
    <form
      class="panel-card stack"
      aria-label={t("tryAction")}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(null);
        acting.run(async () => setTried(await services.actions.tryAction({ name: of.name, customer: customer.trim(), inputs: { ...inputs }, language: speaks })));
      }}
    >
      <h3>{t("tryAction")}</h3>
      <p class="soft">{t("tryActionMore")}</p>
      <Labelled label={t("customerSubject")}>
        {(id) => <input id={id} class="field mono" autocomplete="off" value={customer} onInput={(event) => setCustomer(event.currentTarget.value)} />}
      </Labelled>
      {asked.map((input) => (
        <Labelled key={input.name} label={input.name}>
          {(id) => (
            <input
              id={id}
              class="field mono"
              autocomplete="off"
              value={inputs[input.name] ?? ""}
              onInput={(event) => setInputs({ ...inputs, [input.name]: event.currentTarget.value })}
            />
          )}
        </Labelled>
      ))}
      <Labelled label={t("tryLanguage")}>
        {(id) => (
          <select id={id} class="field" value={speaks} onChange={(event) => setSpeaks(event.currentTarget.value)}>
            {LANGUAGES.map((one) => (
              <option key={one} value={one}>
                {languageName(one)}
              </option>
            ))}
          </select>
        )}
      </Labelled>
      <div>
        <button type="submit" class="button primary" disabled={acting.busy}>
          {acting.busy ? t("trying") : t("tryAction")}
        </button>
      </div>
      {acting.failure?.reason === "BACKEND_UNAVAILABLE" ? <Notice kind="danger">{acting.failure.message}</Notice> : <FailureNotice failure={acting.failure} />}
      {tried ? <Tried of={tried} /> : null}
    </form>
  );
}

function Tried({ of }: { of: TryActionResponse }) {
  return (
    <div class="stack" role="status">
      <p>
        {t("tryStatus")}: <strong>{of.status}</strong>
      </p>
      {of.warnings.map((warning) => (
        <Notice kind="warn" key={warning}>
          {warning}
        </Notice>
      ))}
      <div>
        <p class="soft">{t("tryAnswer")}</p>
        <div class="example-reply" dir="auto">
          {of.answer === "" ? t("sayNothing") : markdown(of.answer)}
        </div>
      </div>
      <div>
        <p class="soft">{t("tryResult")}</p>
        <pre class="json" tabIndex={0}>
          {of.result || t("sayNothing")}
        </pre>
      </div>
    </div>
  );
}
