/** The page's frame: heading, who answers, the conversation, the message box. */
import { signal, useComputed } from "@preact/signals";
import { type ComponentChildren, Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Session_State as State } from "../gen/kefu/router/v1/chat_pb.js";
import { choose, language, locale } from "../shared/i18n.ts";
import { Icon } from "../shared/icons.tsx";
import { announced } from "./announce.ts";
import { Composer } from "./composer.tsx";
import type { Conversation } from "./conversation.ts";
import { focusOnMessage, type Site } from "./embedding.ts";
import type { Taken } from "../shared/config.ts";
import type { Entry } from "./entry.ts";
import type { Identity } from "./identity.ts";
import type { Shown } from "./evidence.tsx";
import { loadAnswers, setLoader } from "./lazy.ts";
import type { Person } from "./person.ts";
import { t } from "./texts.ts";
import type { Change } from "./transcript.ts";

const answers = setLoader(() => import("./answers.ts"));
/** How customers sign in is loaded where one is to. */
const signingIn = signal<typeof import("./sign_in.tsx") | null>(null);
const loadSignIn = () => void import("./sign_in.tsx").then((loaded) => (signingIn.value = loaded));

type Asking = "erase" | "earlier" | "sign_in";

interface PageProps {
  conversation: Conversation;
  person: Person;
  /** What finds out who the person is. */
  identity: () => Promise<Identity>;
  title: () => string;
  site: Site | null;
  /** Which files may go along with a message. */
  taken: Taken | null;
}

/** The page anew for each person: what one has opened, or begun to write, is not for the next. */
export function Page(props: PageProps) {
  return <PersonsPage key={props.person.changes.value} {...props} />;
}

function PersonsPage({ conversation, person, identity, title, site, taken }: PageProps) {
  const [shown, setShown] = useState<Shown | null>(null);
  const [asking, setAsking] = useState<Asking | null>(null);
  const { EvidencePanel, EraseDialog, EarlierDialog } = answers.value ?? {};
  const { SignInDialog, SignInPanel } = signingIn.value ?? {};
  const ask = (what: Asking) => {
    if (what === "sign_in") loadSignIn();
    else loadAnswers();
    setAsking(what);
  };
  const locked = person.locked.value;
  useEffect(() => {
    if (locked) loadSignIn();
  }, [locked]);
  const composer = useRef<HTMLTextAreaElement>(null);
  return (
    <>
      <a class="skip" href="#message" onClick={(event) => (event.preventDefault(), focusOnMessage())}>
        {t("skip")}
      </a>
      <Header conversation={conversation} person={person} title={title()} site={site} onAsk={ask} />
      <WhoAnswers conversation={conversation}>
        <SignedIn person={person} identity={identity} />
      </WhoAnswers>
      <Transcript conversation={conversation} onCite={(entry, number) => setShown({ entry, number })} />
      {!locked ? (
        <Composer conversation={conversation} box={composer} taken={taken} />
      ) : SignInPanel ? (
        <SignInPanel signIn={person.signIn} identity={identity} />
      ) : (
        <footer class="composer" />
      )}
      <div class="unseen" role="log" aria-live="polite" aria-label={t("conversation")}>
        {announced.value.map((line) => (
          <p key={line.id}>{line.text}</p>
        ))}
      </div>
      {shown && EvidencePanel && <EvidencePanel shown={shown} onClose={() => setShown(null)} />}
      {asking === "erase" && EraseDialog && <EraseDialog conversation={conversation} onClose={() => setAsking(null)} />}
      {asking === "earlier" && EarlierDialog && <EarlierDialog conversation={conversation} onClose={() => setAsking(null)} />}
      {asking === "sign_in" && SignInDialog && <SignInDialog identity={identity} onClose={() => setAsking(null)} />}
    </>
  );
}

interface HeaderProps {
  conversation: Conversation;
  person: Person;
  title: string;
  site: Site | null;
  onAsk: (what: Asking) => void;
}

function Header({ conversation, person, title, site, onAsk }: HeaderProps) {
  const human = conversation.state.value === State.HUMAN;
  const busy = conversation.state.value === State.WAITING || human || conversation.state.value === State.CLOSED;
  const menu = useRef<HTMLDivElement>(null);
  const act = (action: () => void) => () => {
    menu.current?.hidePopover();
    action();
  };
  return (
    <header class="top">
      <div class="inner">
        <span class="sign">
          <Icon name="chat" />
        </span>
        <h1>{title}</h1>
        {!busy && (
          <button
            type="button"
            class="button small person"
            disabled={conversation.phase.value === "loading" || person.locked.value}
            onClick={() => void conversation.askForPerson()}
          >
            <Icon name="person" />
            <span>{t("person")}</span>
          </button>
        )}
        <button type="button" class="button quiet icon" popovertarget="menu" aria-label={t("menu")} title={t("menu")}>
          <Icon name="menu" />
        </button>
        {site && (
          <button type="button" class="button quiet icon" aria-label={t("close_chat")} onClick={() => site.close()}>
            <Icon name="close" />
          </button>
        )}
        <div id="menu" class="menu" popover="auto" ref={menu} role="group" aria-label={t("menu")}>
          <button type="button" class="button quiet" onClick={act(() => conversation.fresh())}>
            <Icon name="fresh" />
            {t("fresh")}
          </button>
          <button type="button" class="button quiet" onClick={act(() => onAsk("earlier"))}>
            <Icon name="book" />
            {t("earlier_list")}
          </button>
          {person.signIn?.mode !== "off" && person.signIn?.email_codes && !person.customer.value && (
            <button type="button" class="button quiet" onClick={act(() => onAsk("sign_in"))}>
              <Icon name="person" />
              {t("verify_email")}
            </button>
          )}
          <button
            type="button"
            class="button quiet"
            lang={language.value === "zh" ? "en" : "zh-CN"}
            onClick={act(() => choose(language.value === "zh" ? "en" : "zh"))}
          >
            <Icon name="globe" />
            {t("language")}
          </button>
          <button type="button" class="button quiet" disabled={!conversation.session.value} onClick={act(() => onAsk("erase"))}>
            <Icon name="trash" />
            {t("erase")}
          </button>
        </div>
      </div>
    </header>
  );
}

const offline = signal(!navigator.onLine);
addEventListener("online", () => (offline.value = false));
addEventListener("offline", () => (offline.value = true));

/** Who signed in, where that is known. */
function SignedIn({ person, identity }: Pick<PageProps, "person" | "identity">) {
  const customer = person.customer.value;
  if (!customer) {
    const said = person.pending.value ? t("signing_in") : person.ended.value ? t("sign_in_ended") : "";
    return said ? <p class="strip">{said}</p> : null;
  }
  const { name, email, sub, method } = customer;
  return (
    <p class="strip signed">
      <span>{t("signed_in", { name: name || email || sub })}</span>
      <Icon name="check" />
      {method === "email_code" && (
        <button type="button" class="button quiet small" onClick={() => void identity().then((one) => one.leave())}>
          {t("sign_out")}
        </button>
      )}
    </p>
  );
}

function WhoAnswers({ conversation, children }: { conversation: Conversation; children: ComponentChildren }) {
  const name = conversation.agent.value || t("colleague");
  const said = {
    [State.WAITING]: [t("state_waiting"), t("state_waiting_more")],
    [State.HUMAN]: [t("state_human", { name }), ""],
    [State.RETURNED]: [t("state_returned"), ""],
    [State.CLOSED]: [t("state_closed"), ""],
  }[conversation.state.value as number];
  return (
    <div class="who" role="status">
      {children}
      {offline.value && (
        <p class="strip warn">
          <Icon name="alert" />
          <span>{t("offline")}</span>
        </p>
      )}
      {said && (
        <p class={`strip ${conversation.state.value === State.HUMAN ? "human" : ""}`}>
          {conversation.state.value === State.WAITING ? <span class="pulse" aria-hidden="true" /> : <Icon name="person" />}
          <span>
            <strong>{said[0]}</strong> {said[1]}
          </span>
        </p>
      )}
    </div>
  );
}

interface TranscriptProps {
  conversation: Conversation;
  onCite: (entry: Entry, number: number) => void;
}

function Transcript({ conversation, onCite }: TranscriptProps) {
  const list = useRef<HTMLElement>(null);
  const [away, setAway] = useState(false);
  const entries = conversation.entries.value;
  const Message = answers.value?.Message;
  const follows = useRef(true);
  /** Where it was scrolled to last, of how much. */
  const seen = useRef({ top: 0, height: 0 });
  const look = (element: HTMLElement) => (seen.current = { top: element.scrollTop, height: element.scrollHeight });
  const bottom = (smooth = false) => {
    const element = list.current;
    element?.scrollTo({ top: element.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    if (element && !smooth) look(element);
  };

  useEffect(() => {
    const element = list.current!;
    const scrolled = () => {
      const before = seen.current;
      const { top, height } = look(element);
      if (height - top - element.clientHeight < 96) follows.current = true;
      // Who reads went up. Else it is cards that came at once, and the observer follows them.
      else if (top < before.top && height >= before.height) follows.current = false;
      setAway(!follows.current);
    };
    const resized = new ResizeObserver(() => follows.current && bottom());
    element.addEventListener("scroll", scrolled, { passive: true });
    resized.observe(element);
    resized.observe(element.firstElementChild!);
    return () => {
      element.removeEventListener("scroll", scrolled);
      resized.disconnect();
    };
  }, []);
  const who = useComputed(() => {
    const { entries, state, agent, hidden, holders } = conversation;
    return answers.value?.answerers(entries.value, state.value, agent.value, hidden.value === 0, holders.value.then);
  }).value;
  const last = entries.at(-1)?.key;
  useEffect(() => {
    follows.current = true;
    bottom();
  }, [last]);

  return (
    <main class="transcript" ref={list} aria-label={t("conversation")} tabIndex={0}>
      <div class="inner">
        {conversation.phase.value === "loading" && <p class="faint">{t("loading")}…</p>}
        {conversation.phase.value === "failed" && (
          <div class="notice" role="alert">
            <p>{t("load_failed")}</p>
            <button type="button" class="button small" onClick={() => void conversation.load()}>
              {t("retry")}
            </button>
          </div>
        )}
        {conversation.phase.value === "ready" && entries.length === 0 && <Hello />}
        {conversation.hidden.value > 0 && (
          <button type="button" class="button small earlier" onClick={() => void conversation.showEarlier()}>
            {t("earlier", { count: conversation.hidden.value.toLocaleString(locale()) })}
          </button>
        )}
        {entries.map((entry) => (
          <Fragment key={entry.key}>
            <ChangeLine change={who?.changes.get(entry.key)} />
            {Message ? (
              <Message
                entry={entry}
                conversation={conversation}
                receiver={who?.receivers.get(entry.key) ?? ""}
                between={who?.givenBack.has(entry.key) && <ChangeLine change={{ person: null }} />}
                onCite={onCite}
              />
            ) : (
              <Unstyled entry={entry} />
            )}
          </Fragment>
        ))}
        <ChangeLine change={who?.last} />
      </div>
      {away && (
        <button type="button" class="button icon latest" aria-label={t("latest")} title={t("latest")} onClick={() => bottom(true)}>
          <Icon name="send" />
        </button>
      )}
    </main>
  );
}

/** Said aloud when it happens: see Conversation.changed. */
function ChangeLine({ change }: { change: Change | null | undefined }) {
  if (!change) return null;
  return (
    <p class="change">{change.person === null ? t("left_conversation") : t("joined", { name: change.person || t("colleague") })}</p>
  );
}

/** Until what shows answers is loaded. */
function Unstyled({ entry }: { entry: Entry }) {
  return (
    <article class="turn">
      {entry.question && <p class="asked">{entry.question}</p>}
      <p class="plain">{entry.text.value}</p>
    </article>
  );
}

function Hello() {
  return (
    <div class="hello">
      <h2>{t("hello")}</h2>
      <p>{t("hello_more")}</p>
      <p class="faint">{t("hello_private")}</p>
    </div>
  );
}

/** Shown instead of the page. */
export function Unavailable({ text, site, retry }: { text: string; site: Site | null; retry?: () => void }) {
  return (
    <main class="unavailable">
      <h1>{t("unavailable")}</h1>
      <p>{text}</p>
      {retry && (
        <button type="button" class="button primary" onClick={retry}>
          {t("retry")}
        </button>
      )}
      {site && (
        <button type="button" class="button" onClick={() => site.close()}>
          {t("close_chat")}
        </button>
      )}
    </main>
  );
}
