// `npm run scripted`: the pages with a gateway that plays a script, to work on how they look.
import { mergeConfig, type Plugin } from "vite";
import { createConnectRouter } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { ChatService, Session_State } from "../src/gen/kefu/router/v1/chat_pb.js";
import pages from "../vite.config.ts";
import { Scripted } from "./scripted.ts";

const scripted = new Scripted();
scripted.pace = 40;
const handlers = new Map<string, UniversalHandler>(
  createConnectRouter()
    .service(ChatService, scripted.service)
    .handlers.map((handler) => [handler.requestPath, handler]),
);

const gateway: Plugin = {
  name: "kefu:scripted",
  configureServer(server) {
    server.middlewares.use((request, response, next) => {
      const path = request.url?.split("?")[0] ?? "";
      const json = (value: object) => response.setHeader("content-type", "application/json").end(JSON.stringify(value));
      if (path === "/widget") request.url = request.url?.replace("/widget", "/widget.html") ?? "";
      if (path === "/desk") request.url = "/desk.html";
      if (path === "/api/config") {
        return json({ title: "Acme Support", accent: "", visitors: true, oidc: null, collections: [], version: "0" });
      }
      if (path === "/api/visitor") return json({ token: "scripted", expires_in: 900 });
      if (path === "/scripted/human") {
        for (const name of scripted.sessions.keys()) {
          scripted.change(name, Session_State.HUMAN, "Lin Mei");
          scripted.reply(name, "Lin Mei", "Hello, this is Lin Mei. I have read your conversation; which order is it about?");
        }
        return json({});
      }
      const handler = handlers.get(path);
      if (!handler) return next();
      const gone = new AbortController();
      response.on("close", () => gone.abort());
      void handler({
        httpVersion: request.httpVersion,
        method: request.method ?? "POST",
        url: `http://localhost${path}`,
        header: new Headers(request.headers as Record<string, string>),
        body: request,
        signal: gone.signal,
      } as never).then(async (answer) => {
        response.writeHead(answer.status, Object.fromEntries(answer.header ?? []));
        for await (const part of (answer.body as AsyncIterable<Uint8Array>) ?? []) response.write(part);
        response.end();
      });
    });
  },
};

export default mergeConfig(pages, { plugins: [gateway] });
