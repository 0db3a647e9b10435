/** What the gateway answers beside the contract's calls: /api/me and /api/import. */

import type { Company } from "./company.ts";

/** By key: what its owner may do, and is. */
export const KEYS: Readonly<Record<string, { scopes: readonly string[]; roles: readonly string[] }>> = {
  kefu_admin: { scopes: ["admin", "chat", "desk", "knowledge", "settings"], roles: ["admin"] },
  kefu_lead: { scopes: ["desk", "knowledge", "settings"], roles: ["lead"] },
  kefu_agent: { scopes: ["desk"], roles: ["agent"] },
  kefu_knowledge: { scopes: ["knowledge"], roles: [] },
  kefu_chat: { scopes: ["chat"], roles: ["app"] },
};

export function answersOf(_company: Company, otherwise: typeof fetch): typeof fetch {
  return async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    if (url.startsWith("/api/me")) {
      const key = new Headers(init?.headers).get("Authorization")?.replace("Bearer ", "") ?? "";
      const owner = KEYS[key];
      if (owner === undefined) return new Response("{}", { status: 401 });
      return Response.json({ tenant: "songlu", subject: key, ...owner, name: "Support desk" });
    }
    if (url.startsWith("/api/import")) {
      const file = (init?.body as FormData).get("files") as File;
      return new Response(reports(file.name), { headers: { "content-type": "application/x-ndjson" } });
    }
    return otherwise(input, init);
  };
}

function reports(path: string): ReadableStream<Uint8Array> {
  const line = (report: object) => new TextEncoder().encode(`${JSON.stringify(report)}\n`);
  return new ReadableStream({
    start(controller) {
      if (path.endsWith(".pdf")) {
        controller.enqueue(line({ result: { path, outcome: "OUTCOME_FAILED", reason: "NO_TEXT_LAYER", message: "It is a scan." } }));
      } else {
        controller.enqueue(line({ progress: { path, passagesTotal: 8, passagesEmbedded: 3 } }));
        controller.enqueue(line({ result: { path, outcome: "OUTCOME_CREATED", document: `collections/help/documents/new`, passages: 8 } }));
      }
      controller.close();
    },
  });
}
