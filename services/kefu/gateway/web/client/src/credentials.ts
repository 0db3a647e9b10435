/** Who calls: whoever has a key, or a visitor whom the gateway gives a short-lived token. */

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
  let held = read(keeping.read());
  let asking: Promise<string> | null = null;

  async function ask(): Promise<string> {
    let response = await post(held?.token);
    if (held && (response.status === 401 || response.status === 403)) response = await post(undefined); // forgotten: a new visitor
    if (!response.ok) {
      const seconds = Number(response.headers.get("retry-after") ?? "");
      throw new NoVisitors(response.status, seconds > 0 ? seconds * 1000 : null);
    }
    const answer = (await response.json()) as { token: string; expires_in: number };
    held = { token: answer.token, renewAt: Date.now() + answer.expires_in * 800 };
    keeping.write(JSON.stringify(held));
    return held.token;
  }

  function post(old: string | undefined): Promise<Response> {
    const headers: HeadersInit = old ? { Authorization: `Bearer ${old}` } : {};
    return fetch(`${base}/api/visitor`, { method: "POST", headers });
  }

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

function read(kept: string | null): Held | null {
  try {
    const value = JSON.parse(kept ?? "null") as Partial<Held> | null;
    return typeof value?.token === "string" && typeof value.renewAt === "number" ? (value as Held) : null;
  } catch {
    return null;
  }
}
