/** fetch, with a failure that says what was not reached: browsers and Node have only words of their own, such as "fetch failed". */
import { Code, ConnectError } from "@connectrpc/connect";

/** As fetch. Rejects with ConnectError (Unavailable) where nobody answered; what was aborted stays that. */
export async function reach(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(input, init);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const url = input instanceof Request ? input.url : String(input);
    const where = /^https?:\/\/[^/]+/.exec(url)?.[0] ?? "the server of this page";
    const hint = typeof document === "undefined" ? "" : " Or it does not let this page ask (KEFU_GATEWAY_ALLOWED_ORIGINS).";
    throw new ConnectError(`Nobody answers at ${where}.${hint}`, Code.Unavailable, undefined, undefined, error);
  }
}
