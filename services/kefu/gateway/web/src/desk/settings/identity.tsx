/** How customers are identified: by tokens of the company's site, by codes sent by mail, or not at all. */

import { clone, create } from "@bufbuild/protobuf";
import { useEffect, useRef, useState } from "preact/hooks";

import {
  type IdentitySettings,
  IdentitySettingsSchema,
  TenantSettingsSchema,
} from "../../gen/kefu/router/v1/admin_pb.ts";
import { useAction } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { FailureNotice, Labelled } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import type { SettingsFormProps } from "./tenant_settings.tsx";

const MODES = ["off", "optional", "required"] as const;
/** What verifies a token: a field of IdentitySettings, or "" for no tokens. */
const PROOFS = ["", "jwksUrl", "publicKey", "sharedSecret"] as const;
type Mode = (typeof MODES)[number];
type Proof = (typeof PROOFS)[number];
const FIELD = "settings.identity.";

function proofOf(identity: IdentitySettings): Proof {
  return PROOFS.find((one) => one !== "" && identity[one] !== "") ?? "";
}

export function IdentityForm({ read, onSaved }: SettingsFormProps) {
  const { services } = useDesk();
  const settings = read.settings ?? create(TenantSettingsSchema);
  const before = settings.identity ?? create(IdentitySettingsSchema, { mode: "off" });
  const [identity, setIdentity] = useState(before);
  const [proof, setProof] = useState<Proof>(proofOf(before));
  const [claims, setClaims] = useState(before.claims.join(", "));
  const acting = useAction();
  const form = useRef<HTMLFormElement>(null);
  const wrong = acting.failure?.field ?? "";
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), [acting.failure]);

  const change = (part: Partial<Omit<IdentitySettings, "$typeName">>) => setIdentity(Object.assign(clone(IdentitySettingsSchema, identity), part));
  const save = () => {
    acting.run(async () => {
      const next = clone(TenantSettingsSchema, settings);
      const { jwksUrl, publicKey, sharedSecret, issuer, audience } = identity;
      next.identity = create(IdentitySettingsSchema, {
        mode: identity.mode,
        emailCodes: identity.emailCodes,
        issuer: proof === "" ? "" : issuer.trim(),
        audience: proof === "" ? "" : audience.trim(),
        claims: proof === "" ? [] : claims.split(",").map((one) => one.trim()).filter((one) => one !== ""),
        ...(proof === "" ? {} : { [proof]: { jwksUrl, publicKey, sharedSecret }[proof].trim() }),
      });
      await services.admin.updateTenantSettings({ revision: read.revision, settings: next });
      onSaved();
    });
  };

  const why = acting.failure?.message.replace(`${wrong}: `, "") ?? "";
  const errorOf = (field: string) => (wrong.startsWith(`${FIELD}${field}`) ? t("wrongIdentity", { why }) : undefined);
  const told = ["mode", "issuer", "audience", "jwks_url", "public_key", "shared_secret", "claims"].some((field) => errorOf(field) !== undefined);
  const text = (field: "issuer" | "audience" | "jwksUrl" | "sharedSecret", proto: string, label: string, hint: string, placeholder = "") => (
    <Labelled label={label} hint={hint} error={errorOf(proto)}>
      {(id, described, invalid) => (
        <input
          id={id}
          class="field mono"
          required
          value={identity[field]}
          placeholder={placeholder}
          aria-invalid={invalid}
          aria-describedby={described}
          onInput={(event) => change({ [field]: event.currentTarget.value })}
        />
      )}
    </Labelled>
  );
  return (
    <form
      class="panel-card stack"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <p class="soft">{t("identityMore")}</p>
      <Labelled label={t("identityMode")} error={errorOf("mode")}>
        {(id, described, invalid) => (
          <select id={id} class="field" value={identity.mode || "off"} aria-invalid={invalid} aria-describedby={described} onChange={(event) => change({ mode: event.currentTarget.value })}>
            {MODES.map((mode) => (
              <option key={mode} value={mode}>
                {modeText(mode)}
              </option>
            ))}
          </select>
        )}
      </Labelled>
      <label class="check">
        <input type="checkbox" checked={identity.emailCodes} onChange={(event) => change({ emailCodes: event.currentTarget.checked })} /> {t("emailCodes")}
      </label>
      <Labelled label={t("identityProof")} hint={proof === "sharedSecret" ? t("sharedSecretWeak") : ""}>
        {(id, described) => (
          <select id={id} class="field" value={proof} aria-describedby={described} onChange={(event) => setProof(event.currentTarget.value as Proof)}>
            {PROOFS.map((one) => (
              <option key={one} value={one}>
                {proofText(one)}
              </option>
            ))}
          </select>
        )}
      </Labelled>
      {proof === "jwksUrl" ? text("jwksUrl", "jwks_url", t("jwksUrl"), t("jwksUrlHint"), "https://shop.example.com/.well-known/jwks.json") : null}
      {proof === "sharedSecret" ? text("sharedSecret", "shared_secret", t("secretName"), t("secretNameHint"), "identity") : null}
      {proof === "publicKey" ? (
        <Labelled label={t("publicKey")} error={errorOf("public_key")}>
          {(id, described, invalid) => (
            <textarea
              id={id}
              class="field mono"
              rows={5}
              required
              value={identity.publicKey}
              placeholder="-----BEGIN PUBLIC KEY-----"
              aria-invalid={invalid}
              aria-describedby={described}
              onInput={(event) => change({ publicKey: event.currentTarget.value })}
            />
          )}
        </Labelled>
      ) : null}
      {proof === "" ? null : (
        <>
          <div class="row">
            {text("issuer", "issuer", t("issuer"), t("issuerHint"), "https://shop.example.com")}
            {text("audience", "audience", t("tokenAudience"), t("audienceHint"), "kefu")}
          </div>
          <Labelled label={t("keptClaims")} hint={t("keptClaimsHint")} error={errorOf("claims")}>
            {(id, described, invalid) => (
              <input id={id} class="field mono" value={claims} placeholder="name, email" aria-invalid={invalid} aria-describedby={described} onInput={(event) => setClaims(event.currentTarget.value)} />
            )}
          </Labelled>
        </>
      )}
      <FailureNotice failure={told ? null : acting.failure} />
      <div class="dialog-actions">
        <button type="submit" class="button primary" disabled={acting.busy}>
          {acting.busy ? t("saving") : t("save")}
        </button>
      </div>
    </form>
  );
}

function modeText(mode: Mode): string {
  return { off: t("identityOff"), optional: t("identityOptional"), required: t("identityRequired") }[mode];
}

function proofText(proof: Proof): string {
  return { "": t("noTokens"), jwksUrl: t("proofJwks"), publicKey: t("proofKey"), sharedSecret: t("proofSecret") }[proof];
}
