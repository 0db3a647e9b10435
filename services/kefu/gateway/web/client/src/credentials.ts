/** Who calls: whoever has a key, or a visitor or customer whom the gateway gives a short-lived token. */
import { reach } from "./reach.ts";

export interface Credentials {
  /** A token that is valid now, or an Error that says why there is none. */
  token(): Promise<string>;
  /** The server refused this token: the next `token()` brings another one, if there can be one. */
  refused(token: string): void;
}

/** One fixed token, such as a key. Once refused it stays so. */
export function fixedToken(token: string, onRefused: () => void = () => {}): Credentials {
  return { token: () => Promise.resolve(token), refused: onRefused };
}

/** The gateway takes no visitors, or not now. */
export class NoVisitors extends Error {
  constructor(
    readonly status: number,
    /** Milliseconds to wait, when the gateway says so. */
    readonly retryAfter: number | null,
  ) {
    super(`The gateway gave no visitor token (HTTP ${status}).`);
  }
}

/** Where a visitor's token is kept, to be the same visitor later. */
export interface Keeping {
  read(): string | null;
  write(value: string): void;
}

function memory(): Keeping {
  let kept: string | null = null;
  return { read: () => kept, write: (value) => (kept = value) };
}

interface Held {
  token: string;
  /** Milliseconds since 1970, by this browser's clock. */
  renewAt: number;
}

/** A visitor of `base`, the same one as long as `keeping` lasts; the token is renewed when a fifth of its life is left. */
export function visitor(base: string, keeping: Keeping = memory()): Credentials {
  return renewing(read(keeping.read()), async (old) => {
    let response = await exchange(base, old);
    if (old && isRefused(response)) response = await exchange(base, undefined); // forgotten: a new visitor
    const held = heldOf(await granted(response));
    keeping.write(JSON.stringify(held));
    return held;
  });
}

/** What the gateway answers with when it has issued a token. */
export interface Issued {
  token: string;
  /** Seconds. */
  expires_in: number;
}

/**
 * Whoever has a token that cannot be had anew without a proof: a customer. `first` is renewed as long as the gateway does
 * that; from then on, or without it, `prove` brings another one.
 */
export function proven(base: string, prove: () => Promise<Issued>, first?: Issued): Credentials {
  return renewing(first ? heldOf(first) : null, async (old) => {
    const response = old ? await exchange(base, old) : null;
    return heldOf(response && !isRefused(response) ? await granted(response) : await prove());
  });
}

function renewing(first: Held | null, renew: (old: string | undefined) => Promise<Held>): Credentials {
  let held = first;
  let asking: Promise<string> | null = null;
  const ask = async () => (held = await renew(held?.token)).token;
  return {
    token: () => {
      if (held && Date.now() < held.renewAt) return Promise.resolve(held.token);
      asking ??= ask().finally(() => (asking = null));
      return asking;
    },
    refused: (token) => {
      if (held?.token === token) held = { token, renewAt: 0 };
    },
  };
}

function exchange(base: string, old: string | undefined): Promise<Response> {
  const headers: HeadersInit = old ? { Authorization: `Bearer ${old}` } : {};
  return reach(`${base}/api/visitor`, { method: "POST", headers });
}

function isRefused({ status }: Response): boolean {
  return status === 401 || status === 403;
}

async function granted(response: Response): Promise<Issued> {
  if (response.ok) return (await response.json()) as Issued;
  const seconds = Number(response.headers.get("retry-after") ?? "");
  throw new NoVisitors(response.status, seconds > 0 ? seconds * 1000 : null);
}

function heldOf({ token, expires_in }: Issued): Held {
  return { token, renewAt: Date.now() + expires_in * 800 };
}

function read(kept: string | null): Held | null {
  try {
    const value = JSON.parse(kept ?? "null") as Partial<Held> | null;
    return typeof value?.token === "string" && typeof value.renewAt === "number" ? (value as Held) : null;
  } catch {
    return null;
  }
}
