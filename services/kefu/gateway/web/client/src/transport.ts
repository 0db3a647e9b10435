/** Connect calls to the gateway, with the token of `credentials` in each. */
import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import type { Credentials } from "./credentials.ts";
import { reach } from "./reach.ts";

export function gatewayTransport(base: string, credentials: Credentials): Transport {
  return createConnectTransport({ baseUrl: base, useBinaryFormat: true, fetch: reach, interceptors: [authorized(credentials)] });
}

/**
 * Sends the token. A refused one is reported; a unary call is then made once more, a stream fails and is for its caller to
 * begin again.
 */
export function authorized(credentials: Credentials): Interceptor {
  return (next) => async (request) => {
    const send = async () => {
      const token = await credentials.token();
      request.header.set("Authorization", `Bearer ${token}`);
      try {
        const response = await next(request);
        if (!response.stream) return response;
        return { ...response, message: watched(response.message, (error) => note(error, token)) };
      } catch (error) {
        note(error, token);
        throw error;
      }
    };
    const note = (error: unknown, token: string) => {
      if (ConnectError.from(error).code === Code.Unauthenticated) credentials.refused(token);
    };
    try {
      return await send();
    } catch (error) {
      if (request.stream || ConnectError.from(error).code !== Code.Unauthenticated) throw error;
      return send();
    }
  };
}

async function* watched<T>(messages: AsyncIterable<T>, onError: (error: unknown) => void): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    onError(error);
    throw error;
  }
}
