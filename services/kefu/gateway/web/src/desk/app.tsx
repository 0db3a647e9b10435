/** The console: who signs in, the sections they may use, and the watch of the desk that runs under all of them. */

import type { Transport } from "@connectrpc/connect";
import { useEffect, useMemo, useState } from "preact/hooks";

import { type Credentials, fixedToken } from "../shared/auth.ts";
import type { GatewayConfig } from "../shared/config.ts";
import { language } from "../shared/i18n.ts";
import { ConversationsPage } from "./conversations/conversations.tsx";
import { ReviewPage } from "./conversations/review.tsx";
import { GoldenPage } from "./golden/golden.tsx";
import { lostAnswers, watchLostAnswers } from "./golden/lost.ts";
import { callFor, setSound, sound } from "./inbox/alerts.ts";
import { attention } from "./inbox/desk_state.ts";
import { Inbox } from "./inbox/inbox.tsx";
import { desk, watchDesk } from "./inbox/live.ts";
import { KnowledgePage } from "./knowledge/knowledge.tsx";
import { NumbersPage } from "./numbers/numbers.tsx";
import { companyCredentials, forgetCompanyAccount, isReturn } from "./oidc.ts";
import { ProceduresPage } from "./procedures/procedures.tsx";
import { SettingsPage } from "./settings/settings.tsx";
import { DeskIcon, type DeskIconName } from "./shared/icons.tsx";
import { lacking, may, roleText, sectionsFor } from "./shared/permissions.ts";
import { hrefOf, route, type Section } from "./shared/route.ts";
import { servicesOver } from "./shared/services.ts";
import { agentName, type Desk, DeskProvider, keepKey, keptKey, type Me, nameAgent, useDesk } from "./shared/session.ts";
import { Busy, Empty } from "./shared/ui.tsx";
import { AskName, identify, SignIn, type SignInTrouble } from "./signin.tsx";
import { LanguageSwitch, ThemeSwitch } from "./switches.tsx";
import { t } from "./texts.ts";
import { UnansweredPage } from "./unanswered/unanswered.tsx";

export interface AppProps {
  readonly config: GatewayConfig;
  /** Calls to the gateway, with a token of these credentials in each. */
  readonly connect: (credentials: Credentials) => Transport;
}

type Who = { readonly credentials: Credentials; readonly me: Me } | { readonly trouble: SignInTrouble } | "asking";

export function App({ config, connect }: AppProps) {
  const [who, setWho] = useState<Who>("asking");
  const leave = (trouble: SignInTrouble) => {
    keepKey("");
    forgetCompanyAccount();
    setWho({ trouble });
  };
  const refused = () => {
    leave("refused");
  };

  useEffect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
    document.title = t("deskTitle");
  }, [language.value]);

  useEffect(() => {
    void recall(config, refused, () => {
      leave("accountEnded");
    }).then(setWho);
  }, []);

  if (who === "asking") return <Busy />;
  if ("trouble" in who) {
    return (
      <SignIn
        config={config}
        trouble={who.trouble}
        onSignedIn={(key, me) => {
          keepKey(key);
          setWho({ credentials: fixedToken(key, refused), me });
        }}
      />
    );
  }
  if (agentName.value === "") return <AskName proposed={who.me.name} />;
  return <SignedIn config={config} connect={connect} credentials={who.credentials} me={who.me} leave={leave} />;
}

/** Whoever has signed in in this tab before, or is just coming back from the identity provider. */
async function recall(config: GatewayConfig, refused: () => void, ended: () => void): Promise<Who> {
  let trouble: SignInTrouble = null;
  if (keptKey() !== "") {
    const credentials = fixedToken(keptKey(), refused);
    const identified = await identify(credentials);
    if ("me" in identified) return { credentials, me: identified.me };
    trouble = identified.trouble;
    if (trouble !== "unreachable") keepKey("");
  }
  return config.oidc ? recallAccount(config.oidc, ended, trouble) : { trouble };
}

async function recallAccount(provider: NonNullable<GatewayConfig["oidc"]>, ended: () => void, before: SignInTrouble): Promise<Who> {
  const coming = isReturn(new URL(location.href));
  let known: readonly Credentials[] | null;
  try {
    known = await companyCredentials(provider, ended);
  } catch {
    return { trouble: "provider" };
  }
  if (known === null) return { trouble: before };
  const troubles = new Set<SignInTrouble>();
  for (const credentials of known) {
    const identified = await identify(credentials);
    if ("me" in identified) return { credentials, me: identified.me };
    troubles.add(identified.trouble);
  }
  if (troubles.has("unreachable")) return { trouble: "unreachable" };
  forgetCompanyAccount();
  // The gateway takes one of two tokens: what it says of that one counts.
  return { trouble: troubles.has("stranger") ? "accountStranger" : coming ? "accountRefused" : "accountEnded" };
}

function SignedIn({ config, connect, credentials, me, leave }: AppProps & { credentials: Credentials; me: Me; leave: (trouble: SignInTrouble) => void }) {
  const agent = agentName.value;
  const context = useMemo((): Desk => {
    const services = servicesOver(connect(credentials));
    return { services, me, credentials, config, agent, signOut: () => leave(null) };
  }, [credentials, agent]);

  useEffect(() => {
    if (!may(me, "desk")) return;
    const [endWatch, endCalls] = [watchDesk(context.services, agent), callFor(agent)];
    return () => {
      endWatch();
      endCalls();
    };
  }, [context]);

  useEffect(() => (may(me, "settings") ? watchLostAnswers(context.services) : undefined), [context]);

  return (
    <DeskProvider value={context}>
      <Shell />
    </DeskProvider>
  );
}

const ICONS: Record<Section, DeskIconName> = { inbox: "inbox", conversations: "say", review: "check", unanswered: "question", knowledge: "book", procedures: "flow", golden: "star", numbers: "chart", settings: "gear" };

function Shell() {
  const { me, agent, config, signOut } = useDesk();
  const { section: named } = route.value; // read whatever is shown, or nothing would follow the address
  const sections = sectionsFor(me);
  const section = location.hash.length < 3 ? (sections[0] ?? named) : named;
  const calling = attention(desk.value, agent);
  const names: Record<Section, string> = {
    inbox: t("inbox"),
    conversations: t("conversationsTitle"),
    review: t("review"),
    unanswered: t("unanswered"),
    knowledge: t("knowledge"),
    procedures: t("procedures"),
    golden: t("golden"),
    numbers: t("numbers"),
    settings: t("settings"),
  };
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={skip}>
        {t("skip")}
      </a>
      <header class="side">
        <p class="brand">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>{config.title}</span>
        </p>
        <nav class="main-nav" aria-label={t("sections")}>
          {sections.map((one) => (
            <a key={one} href={hrefOf(one)} aria-current={one === section ? "page" : undefined}>
              <DeskIcon name={ICONS[one]} />
              <span class="nav-name" data-name={names[one]}>
                {names[one]}
              </span>
              {one === "inbox" && calling > 0 ? (
                <span class="nav-count">
                  {calling}
                  <span class="unseen"> {t("wantYou")}</span>
                </span>
              ) : null}
              {one === "golden" && lostAnswers.value > 0 ? (
                <span class="nav-count">
                  {lostAnswers.value}
                  <span class="unseen"> {t("goldenLost")}</span>
                </span>
              ) : null}
            </a>
          ))}
        </nav>
        <div class="side-foot">
          <p class="side-who">
            <span class="dot" aria-hidden="true" />{" "}
            <span>
              {agent} <span class="soft">{roleText(me)}</span>
            </span>
          </p>
          <button type="button" class="button quiet small" onClick={() => nameAgent("")}>
            <DeskIcon name="edit" /> {t("changeName")}
          </button>
          <button type="button" class="button quiet small" aria-pressed={sound.value} onClick={() => setSound(!sound.value)}>
            <DeskIcon name={sound.value ? "bell" : "mute"} /> {sound.value ? t("soundOn") : t("soundOff")}
          </button>
          <LanguageSwitch />
          <ThemeSwitch />
          <button type="button" class="button quiet small" onClick={signOut}>
            <DeskIcon name="leave" /> {t("signOut")}
          </button>
        </div>
      </header>
      <main id="main" class={`main section-${section}`} tabIndex={-1}>
        <Page section={section} />
      </main>
      <p class="unseen" role="status">
        {calling > 0 ? t("callsFor", { n: calling }) : ""}
      </p>
    </div>
  );
}

function Page({ section }: { section: Section }) {
  const { me } = useDesk();
  const needed = lacking(me, section);
  if (needed !== null) {
    return (
      <div class="page">
        <Empty icon="leave" title={t("noScope", { scope: needed })}>
          {t("noScopeMore", { scope: needed })}
        </Empty>
      </div>
    );
  }
  switch (section) {
    case "inbox":
      return <Inbox />;
    case "conversations":
      return <ConversationsPage />;
    case "review":
      return <ReviewPage />;
    case "unanswered":
      return <UnansweredPage />;
    case "knowledge":
      return <KnowledgePage />;
    case "procedures":
      return <ProceduresPage />;
    case "golden":
      return <GoldenPage />;
    case "numbers":
      return <NumbersPage />;
    case "settings":
      return <SettingsPage />;
  }
}

/** The address is the console's own: a plain fragment would name another section. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
