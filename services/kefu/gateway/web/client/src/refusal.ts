/** Failures of the gateway's own endpoints, which are JSON in the form of the Connect protocol. */
import { Code, ConnectError } from "@connectrpc/connect";

interface Refused {
  code: string;
  message: string;
  details: { type: string; value: string }[];
}

/** A failure as the gateway writes it; of something in between, such as a proxy, only the status is known. */
export function refusal(status: number, body: Partial<Refused> | null): ConnectError {
  const name = (body?.code ?? "").replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const known = Code[name as keyof typeof Code] as Code | undefined;
  const unknown = status === 401 ? Code.Unauthenticated : Code.PermissionDenied;
  const code = known ?? (status === 429 || status >= 500 ? Code.Unavailable : unknown);
  const error = new ConnectError(body?.message ?? `HTTP ${status}`, code);
  error.details = (body?.details ?? []).map(({ type, value }) => ({
    type,
    value: Uint8Array.from(atob(value), (character) => character.charCodeAt(0)),
  }));
  return error;
}
