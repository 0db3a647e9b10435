/** Signing in: a key that is pasted, or the company's identity provider; then the person's name, once. */

import { useState } from "preact/hooks";

import { type Credentials, fixedToken } from "../shared/auth.ts";
import type { GatewayConfig } from "../shared/config.ts";
import { DeskIcon } from "./shared/icons.tsx";
import { isStranger } from "./shared/permissions.ts";
import { fetchMe, type Me, MeRefused, nameAgent } from "./shared/session.ts";
import { Labelled, Notice } from "./shared/ui.tsx";
import { t } from "./texts.ts";
import { LanguageSwitch } from "./switches.tsx";
import { leaveForSignIn } from "./oidc.ts";

export type SignInTrouble = "refused" | "stranger" | "unreachable" | "provider" | "accountRefused" | "accountStranger" | "accountEnded" | null;

/** Who somebody is, or why they cannot come in. */
export async function identify(credentials: Credentials): Promise<{ me: Me } | { trouble: "refused" | "stranger" | "unreachable" }> {
  try {
    const me = await fetchMe(await credentials.token());
    return isStranger(me) ? { trouble: "stranger" } : { me };
  } catch (error) {
    return { trouble: error instanceof MeRefused && (error.status === 401 || error.status === 403) ? "refused" : "unreachable" };
  }
}

export function SignIn(props: {
  config: GatewayConfig;
  trouble: SignInTrouble;
  onSignedIn: (key: string, me: Me) => void;
}) {
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<SignInTrouble>(props.trouble);
  const { oidc } = props.config;

  const submit = async () => {
    setBusy(true);
    const pasted = key.trim();
    const identified = await identify(fixedToken(pasted, () => undefined));
    setBusy(false);
    if ("me" in identified) props.onSignedIn(pasted, identified.me);
    else setTrouble(identified.trouble);
  };

  return (
    <main class="gate">
      <div class="gate-card">
        <img src="/icon.svg" alt="" width="40" height="40" />
        <h1>{t("deskOf", { title: props.config.title })}</h1>
        <p class="soft">{t("signInMore")}</p>
        {trouble ? <Notice kind="danger">{troubleText(trouble)}</Notice> : null}
        {oidc ? (
          <button
            type="button"
            class="button primary wide"
            onClick={() => {
              leaveForSignIn(oidc, trouble === "accountRefused" || trouble === "accountStranger").catch(() => {
                setTrouble("provider");
              });
            }}
          >
            <DeskIcon name="leave" /> {t("signInCompany")}
          </button>
        ) : null}
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Labelled label={t("key")} hint={t("keyHint")}>
            {(id, hint) => (
              <input
                id={id}
                class="field mono"
                type="password"
                autocomplete="off"
                spellcheck={false}
                placeholder="kefu_…"
                value={key}
                required
                aria-describedby={hint}
                onInput={(event) => setKey(event.currentTarget.value)}
              />
            )}
          </Labelled>
          <button type="submit" class={`button wide ${oidc ? "" : "primary"}`} disabled={busy || key.trim() === ""}>
            {t("signIn")}
          </button>
        </form>
        <LanguageSwitch />
      </div>
    </main>
  );
}

export function AskName({ proposed }: { proposed: string }) {
  const [name, setName] = useState(proposed);
  const good = name.trim() !== "" && [...name.trim()].length <= 100;
  return (
    <main class="gate">
      <form
        class="gate-card stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (good) nameAgent(name.trim());
        }}
      >
        <h1>{t("yourName")}</h1>
        <p class="soft">{t("yourNameMore")}</p>
        <Labelled label={t("name")}>
          {(id) => (
            <input id={id} class="field" autocomplete="name" maxLength={100} required value={name} onInput={(event) => setName(event.currentTarget.value)} />
          )}
        </Labelled>
        <button type="submit" class="button primary wide" disabled={!good}>
          {t("goOn")}
        </button>
      </form>
    </main>
  );
}

function troubleText(trouble: Exclude<SignInTrouble, null>): string {
  switch (trouble) {
    case "refused":
      return t("troubleRefused");
    case "stranger":
      return t("troubleStranger");
    case "unreachable":
      return t("troubleUnreachable");
    case "provider":
      return t("troubleProvider");
    case "accountRefused":
      return t("troubleAccountRefused");
    case "accountStranger":
      return t("troubleAccountStranger");
    case "accountEnded":
      return t("troubleAccountEnded");
  }
}
