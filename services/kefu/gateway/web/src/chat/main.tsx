/** The chat page: `/` on its own, `/widget` inside a site's iframe. */
import { createClient } from "@connectrpc/connect";
import { effect } from "@preact/signals";
import { render } from "preact";
import { ChatService } from "../gen/kefu/router/v1/chat_pb.js";
import { applyAccent } from "../shared/accent.ts";
import { type Credentials, visitor } from "../shared/auth.ts";
import { fetchConfig } from "../shared/config.ts";
import { locale } from "../shared/i18n.ts";
import { failureOf, gatewayTransport } from "@kefu/client";
import { Conversation } from "./conversation.ts";
import { embedding } from "./embedding.ts";
import type { Identity } from "./identity.ts";
import { Page, Unavailable } from "./page.tsx";
import { hasSignedIn, Person } from "./person.ts";
import { t } from "./texts.ts";
import "../shared/base.css";
import "./chat.css";

const app = document.getElementById("app")!;
const options = new URLSearchParams(location.search);
const theme = options.get("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
const site = document.documentElement.dataset["kind"] === "widget" ? embedding() : null;

async function start(): Promise<void> {
  const config = await fetchConfig(location.origin);
  const title = () => options.get("title") || config.title || t("title_fallback");
  applyAccent(options.get("accent") ?? config.accent);
  effect(() => {
    document.documentElement.lang = locale();
    document.title = title();
  });
  if (!config.visitors) {
    render(<Unavailable text={t("unavailable_more")} site={site} />, app);
    site?.ready();
    return;
  }
  const clientOf = (who: Credentials) => 
    Object.assign(createClient(ChatService, gatewayTransport(location.origin, who)), { credentials: who });
  const anonymous = visitor(location.origin);
  const conversation = new Conversation(clientOf(anonymous), config.collections);
  conversation.onMessage = () => site?.unread();
  const person = new Person(config.sign_in ?? null);
  conversation.onIdentityRequired = () => (person.required.value = true);
  let loaded: Promise<Identity> | null = null;
  const identity = () => {
    loaded ??= import("./identity.ts").then(
      ({ Identity }) => new Identity(location.origin, person, clientOf, conversation, anonymous, site?.askIdentity ?? null),
      (error: unknown) => {
        loaded = null; // who signs in next loads it again
        throw error;
      },
    );
    return loaded;
  };
  render(<Page conversation={conversation} person={person} identity={identity} title={title} site={site} taken={config.attachments ?? null} />, app);
  site?.ready();
  const failed = (error: unknown) => console.error("Kefu:", failureOf(error).message);
  if (hasSignedIn()) identity().then((one) => one.restore(), failed);
  else void conversation.load();
  site?.told((message) => {
    if (message.kefu === "profile") conversation.profile = message.profile;
    else if (message.token !== null || loaded) identity().then((one) => one.identify(message.token)).catch(failed);
  });
}

start().catch(() => {
  document.documentElement.lang = locale();
  render(<Unavailable text={t("failed_away")} site={site} retry={() => location.reload()} />, app);
  site?.ready();
});
