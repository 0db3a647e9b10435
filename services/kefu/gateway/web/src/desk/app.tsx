/** The console: who signs in, the sections they may use, and the watch of the desk that runs under all of them. */

import type { Transport } from "@connectrpc/connect";
import { useEffect, useMemo, useState } from "preact/hooks";

import type { GatewayConfig } from "../shared/config.ts";
import { language } from "../shared/i18n.ts";
import { callFor, setSound, sound } from "./inbox/alerts.ts";
import { attention } from "./inbox/desk_state.ts";
import { Inbox } from "./inbox/inbox.tsx";
import { desk, watchDesk } from "./inbox/live.ts";
import { KnowledgePage } from "./knowledge/knowledge.tsx";
import { NumbersPage } from "./numbers/numbers.tsx";
import { isReturn, returned } from "./oidc.ts";
import { SettingsPage } from "./settings/settings.tsx";
import { DeskIcon, type DeskIconName } from "./shared/icons.tsx";
import { hrefOf, route, type Section, SECTIONS } from "./shared/route.ts";
import { servicesOver } from "./shared/services.ts";
import { agentName, type Desk, DeskProvider, keepToken, keptToken, may, type Me, nameAgent, useDesk } from "./shared/session.ts";
import { Busy, Empty } from "./shared/ui.tsx";
import { AskName, identify, SignIn, type SignInTrouble } from "./signin.tsx";
import { LanguageSwitch, ThemeSwitch } from "./switches.tsx";
import { t } from "./texts.ts";
import { UnansweredPage } from "./unanswered/unanswered.tsx";

export interface AppProps {
  readonly config: GatewayConfig;
  /** Calls with this token; `onRefused` is told when the server takes it no more. */
  readonly connect: (token: string, onRefused: () => void) => Transport;
}

type Who = { readonly token: string; readonly me: Me } | { readonly trouble: SignInTrouble } | "asking";

export function App({ config, connect }: AppProps) {
  const [who, setWho] = useState<Who>("asking");

  useEffect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
    document.title = t("deskTitle");
  }, [language.value]);

  useEffect(() => {
    void recall(config).then(setWho);
  }, []);

  if (who === "asking") return <Busy />;
  if ("trouble" in who) {
    return (
      <SignIn
        config={config}
        trouble={who.trouble}
        onSignedIn={(token, me) => {
          keepToken(token);
          setWho({ token, me });
        }}
      />
    );
  }
  const leave = (trouble: SignInTrouble) => {
    keepToken("");
    setWho({ trouble });
  };
  if (agentName.value === "") return <AskName proposed={who.me.name} />;
  return <SignedIn key={who.token} config={config} connect={connect} token={who.token} me={who.me} leave={leave} />;
}

async function recall(config: GatewayConfig): Promise<Who> {
  let token = keptToken();
  if (config.oidc && isReturn(new URL(location.href))) {
    try {
      token = await returned(config.oidc);
    } catch {
      return { trouble: "provider" };
    }
  }
  if (token === "") return { trouble: null };
  const identified = await identify(token);
  if ("me" in identified) {
    keepToken(token);
    return { token, me: identified.me };
  }
  if (identified.trouble !== "unreachable") keepToken("");
  return { trouble: identified.trouble };
}

function SignedIn({ config, connect, token, me, leave }: AppProps & { token: string; me: Me; leave: (trouble: SignInTrouble) => void }) {
  const agent = agentName.value;
  const context = useMemo((): Desk => {
    const services = servicesOver(connect(token, () => leave("refused")));
    return { services, me, token, config, agent, signOut: () => leave(null) };
  }, [token, agent]);

  useEffect(() => {
    if (!may(me, "operator")) return;
    const [endWatch, endCalls] = [watchDesk(context.services, agent), callFor(agent)];
    return () => {
      endWatch();
      endCalls();
    };
  }, [context]);

  return (
    <DeskProvider value={context}>
      <Shell />
    </DeskProvider>
  );
}

const ICONS: Record<Section, DeskIconName> = { inbox: "inbox", unanswered: "question", knowledge: "book", numbers: "chart", settings: "gear" };

function Shell() {
  const { me, agent, config, signOut } = useDesk();
  const section = !may(me, "operator") && location.hash.length < 3 ? "knowledge" : route.value.section;
  const calling = attention(desk.value, agent);
  const names: Record<Section, string> = {
    inbox: t("inbox"),
    unanswered: t("unanswered"),
    knowledge: t("knowledge"),
    numbers: t("numbers"),
    settings: t("settings"),
  };
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={skip}>
        {t("skip")}
      </a>
      <div class="side">
        <p class="brand">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>{config.title}</span>
        </p>
        <nav class="main-nav" aria-label={t("sections")}>
          {SECTIONS.map((one) => (
            <a key={one} href={hrefOf(one)} aria-current={one === section ? "page" : undefined}>
              <DeskIcon name={ICONS[one]} />
              <span class="nav-name">{names[one]}</span>
              {one === "inbox" && calling > 0 ? (
                <span class="nav-count">
                  {calling}
                  <span class="unseen"> {t("wantYou")}</span>
                </span>
              ) : null}
            </a>
          ))}
        </nav>
        <div class="side-foot">
          <p class="side-who">
            <span class="dot" aria-hidden="true" /> <span>{agent}</span>
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
      </div>
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
  const needed = section === "knowledge" ? "knowledge" : "operator";
  if (!may(me, needed)) {
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
    case "unanswered":
      return <UnansweredPage />;
    case "knowledge":
      return <KnowledgePage />;
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
