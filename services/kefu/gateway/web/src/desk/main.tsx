/** The operators' console. */
import { render } from "preact";
import "../shared/base.css";
import "./desk.css";

import { applyAccent } from "../shared/accent.ts";
import { fetchConfig } from "../shared/config.ts";
import { gatewayTransport } from "@kefu/client";
import { App } from "./app.tsx";
import { followAddress } from "./shared/route.ts";
import { applyTheme } from "./shared/session.ts";
import { Unreachable } from "./unreachable.tsx";

const root = document.getElementById("app")!;
applyTheme();
followAddress();

async function start(): Promise<void> {
  const config = await fetchConfig();
  applyAccent(config.accent);
  render(<App config={config} connect={(credentials) => gatewayTransport(location.origin, credentials)} />, root);
}

function tryToStart(): void {
  start().catch(() => {
    render(<Unreachable onRetry={tryToStart} />, root);
  });
}

tryToStart();
