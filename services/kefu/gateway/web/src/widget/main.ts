/**
 * What a site embeds:
 *
 *   <script src="https://kefu.example.com/widget.js" data-lang="en" async></script>
 *
 * A button in a shadow root, which the site's styles do not reach; once it is pressed, the chat in an iframe, which the
 * site's scripts do not reach either. Until then nothing else is loaded. Attributes, all optional: `data-lang` (en, zh),
 * `data-theme` (light, dark), `data-accent` (#rrggbb), `data-title`, `data-side` (left, right).
 *
 * The site's scripts tell it things with kefu(command, …): see `Commands`. Before the script has loaded, a stub takes them:
 *
 *   window.kefu = window.kefu || function () { (kefu.q = kefu.q || []).push(arguments); };
 */
import { applyAccent } from "../shared/accent.ts";
import type { FromSite, ToSite } from "../chat/embedding.ts";
import { commands, type Kefu, type Widget } from "./commands.ts";
import css from "./widget.css?inline";

const TEXTS = {
  en: {
    open: "Open the chat",
    close: "Close the chat",
    unread: "Open the chat: there is a new message",
    chat: "Chat",
    loading: "Loading the chat…",
    refused: "Sorry, the chat is not available here.",
  },
  zh: {
    open: "打开在线客服",
    close: "关闭在线客服",
    unread: "打开在线客服：有新消息",
    chat: "在线客服",
    loading: "正在加载在线客服…",
    refused: "抱歉，此处暂时无法使用在线客服。",
  },
};
const SVG = "http://www.w3.org/2000/svg";
const CHAT = "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z";
/** The chat says that it is here before its frame has loaded; what loads without a word is the browser's page for a refusal. */
const SILENCE = 2_000;
const CROSS = "m6 6 12 12M18 6 6 18";

const script = document.currentScript as HTMLScriptElement;
const site = window as Window & { kefu?: Kefu };
const begin = commands(site.kefu?.q ?? [], (kefu) => (site.kefu = kefu));
const embedded = () => begin(embed(script));
if (document.readyState === "loading") addEventListener("DOMContentLoaded", embedded);
else embedded();

function embed({ src, dataset }: HTMLScriptElement): Widget {
  const gateway = new URL(src).origin;
  const preferred = navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag)) ?? "en";
  const lang = dataset["lang"] === "en" || dataset["lang"] === "zh" ? dataset["lang"] : /^zh/i.test(preferred) ? "zh" : "en";
  const texts = TEXTS[lang];

  const host = document.createElement("div");
  host.lang = lang === "zh" ? "zh-CN" : "en";
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  if (dataset["theme"]) host.dataset["theme"] = dataset["theme"];
  if (dataset["side"] === "left") host.dataset["side"] = "left";
  applyAccent(dataset["accent"], host);

  const button = document.createElement("button");
  button.type = "button";
  button.className = "launcher";
  const sign = icon(CHAT);
  button.append(sign.svg);
  root.append(button);
  document.body.append(host);

  let panel: HTMLElement | null = null;
  let frame: HTMLIFrameElement | null = null;
  let isHere = false;
  let isReady = false;
  let isRefused = false;
  let isOpen = false;
  /** Said by the site before the chat was there; and again, when the chat asks. */
  let whenHere: (() => void) | null = null;
  let whenAsked: (() => void) | null = null;

  const tell = (message: FromSite) => frame?.contentWindow?.postMessage(message, gateway);
  const label = (text: string) => {
    button.setAttribute("aria-label", text);
    button.title = text;
  };

  function show(open: boolean): void {
    isOpen = open;
    if (open && isRefused) {
      panel?.remove(); // it may be there by now
      panel = null;
    }
    panel ??= build();
    panel.hidden = !open;
    host.toggleAttribute("data-open", open);
    button.setAttribute("aria-expanded", String(open));
    button.classList.remove("unread");
    label(open ? texts.close : texts.open);
    sign.path.setAttribute("d", open ? CROSS : CHAT);
    if (!open) button.focus();
    else if (isReady) enter("message");
    else panel.focus();
  }

  function enter(where: "first" | "last" | "message"): void {
    frame?.focus();
    tell({ kefu: "focus", where });
  }

  function build(): HTMLElement {
    const made = document.createElement("div");
    made.className = "panel";
    made.tabIndex = -1;
    made.setAttribute("role", "dialog");
    made.setAttribute("aria-label", dataset["title"] ?? texts.chat);
    const wait = document.createElement("p");
    wait.className = "wait";
    wait.role = "status";
    wait.textContent = texts.loading;
    const early = document.createElement("button"); // while the chat's own close button is not there
    early.type = "button";
    early.className = "early";
    early.setAttribute("aria-label", texts.close);
    early.append(icon(CROSS).svg);
    early.addEventListener("click", () => show(false));
    frame = document.createElement("iframe");
    frame.title = dataset["title"] ?? texts.chat;
    frame.allow = "clipboard-write";
    const options = new URLSearchParams({ lang });
    for (const name of ["theme", "accent", "title"]) if (dataset[name]) options.set(name, dataset[name]);
    frame.src = `${gateway}/widget?${options}`;
    isRefused = false;
    frame.addEventListener("load", () => {
      setTimeout(() => {
        if (isHere) return;
        isRefused = true;
        wait.textContent = texts.refused;
        console.error(
          `Kefu: ${gateway} did not show its chat on ${location.origin}. At the gateway, KEFU_GATEWAY_FRAME_ANCESTORS ` +
            `must name this site: KEFU_GATEWAY_FRAME_ANCESTORS=${location.origin}`,
        );
      }, SILENCE);
    });
    // The focus goes round: out of the chat's last stop to its first one, and back.
    made.append(guard("last"), wait, early, frame, guard("first"));
    root.insertBefore(made, button);
    return made;
  }

  function guard(where: "first" | "last"): HTMLElement {
    const stop = document.createElement("span");
    stop.tabIndex = 0;
    stop.className = "guard";
    stop.addEventListener("focus", () => (isReady ? enter(where) : panel?.focus()));
    return stop;
  }

  button.addEventListener("click", () => show(!isOpen));
  label(texts.open);
  button.setAttribute("aria-expanded", "false");
  root.addEventListener("keydown", (event) => {
    if ((event as KeyboardEvent).key === "Escape" && isOpen) show(false);
  });
  addEventListener("message", (event: MessageEvent<Partial<ToSite> | null>) => {
    if (event.origin !== gateway || !frame || event.source !== frame.contentWindow || !event.data) return;
    if (event.data.kefu === "here") {
      isHere = true;
      tell({ kefu: "hello" });
      whenHere?.();
    } else if (event.data.kefu === "identify") {
      whenAsked?.();
    } else if (event.data.kefu === "ready") {
      isReady = true;
      panel?.classList.add("ready");
      if (isOpen) enter("message");
    } else if (event.data.kefu === "close") {
      show(false);
    } else if (event.data.kefu === "unread" && !isOpen) {
      button.classList.add("unread");
      label(texts.unread);
    }
  });
  return {
    show: (open) => isOpen !== open && show(open),
    isHere: () => isHere,
    tell,
    when: (here, asked) => ([whenHere, whenAsked] = [here, asked]),
  };
}

function icon(d: string) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", d);
  svg.append(path);
  return { svg, path };
}
