/** The chat page: `/` on its own, `/widget` inside a site's iframe. */
import { createClient } from "@connectrpc/connect";
import { effect } from "@preact/signals";
import { render } from "preact";
import { ChatService } from "../gen/kefu/router/v1/chat_pb.js";
import { applyAccent } from "../shared/accent.ts";
import { visitor } from "../shared/auth.ts";
import { fetchConfig } from "../shared/config.ts";
import { locale } from "../shared/i18n.ts";
import { gatewayTransport } from "@kefu/client";
import { Conversation } from "./conversation.ts";
import { embedding } from "./embedding.ts";
import { Page, Unavailable } from "./page.tsx";
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
  const client = createClient(ChatService, gatewayTransport(location.origin, visitor(location.origin)));
  const conversation = new Conversation(client, config.collections);
  conversation.onMessage = () => site?.unread();
  render(<Page conversation={conversation} title={title} site={site} />, app);
  site?.ready();
  await conversation.load();
}

start().catch(() => {
  document.documentElement.lang = locale();
  render(<Unavailable text={t("failed_away")} site={site} retry={() => location.reload()} />, app);
  site?.ready();
});
