/** What the gateway answers beside the contract's calls: /api/me and /api/import. */

import type { Company } from "./company.ts";

/** By key: what its owner may do. */
export const KEYS: Readonly<Record<string, readonly string[]>> = {
  kefu_lead: ["chat", "knowledge", "operator"],
  kefu_operator: ["operator"],
  kefu_knowledge: ["knowledge"],
  kefu_chat: ["chat"],
};

export function answersOf(_company: Company, otherwise: typeof fetch): typeof fetch {
  return async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    if (url.startsWith("/api/me")) {
      const key = new Headers(init?.headers).get("Authorization")?.replace("Bearer ", "") ?? "";
      const scopes = KEYS[key];
      if (scopes === undefined) return new Response("{}", { status: 401 });
      return Response.json({ tenant: "songlu", subject: key, scopes, name: "Support desk" });
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
