/** Tokens that say who a customer is, for a company's own server: made with a private key whose public half Kefu knows. */

export interface IdentityTokenOptions {
  /** A private P-256 key: PEM (PKCS#8, "BEGIN PRIVATE KEY"), or a JWK. Keep it on the server. */
  key: string | JsonWebKey;
  /** `issuer` of the tenant's identity settings. */
  issuer: string;
  /** `audience` of these settings. */
  audience: string;
  /** The customer's id at the company, which stays the same. */
  sub: string;
  /** What agents should know as well, such as name and email. */
  claims?: Record<string, string>;
  /** How long the token is good. Default: 300. */
  seconds?: number;
  /** `kid` of the key in the company's JWKS. */
  keyId?: string;
}

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RESERVED = ["iss", "aud", "sub", "iat", "exp", "jti"];

/** A signed token (JWT, ES256) for one customer. Rejects for another kind of key, and for claims that it has already. */
export async function identityToken(options: IdentityTokenOptions): Promise<string> {
  const { key, issuer, audience, sub, claims = {}, seconds = 300, keyId } = options;
  if (!sub) throw new TypeError("sub must not be empty: it says who the customer is");
  const reserved = RESERVED.filter((name) => name in claims);
  if (reserved.length > 0) throw new TypeError(`claims must not name ${reserved.join(", ")}`);
  const now = Math.floor(Date.now() / 1000);
  const registered = { iss: issuer, aud: audience, sub, iat: now, exp: now + seconds, jti: crypto.randomUUID() };
  const header = { alg: "ES256", typ: "JWT", ...(keyId ? { kid: keyId } : {}) };
  const signed = `${inBase64(inUtf8(header))}.${inBase64(inUtf8({ ...claims, ...registered }))}`;
  const signature = await crypto.subtle.sign(ES256, await imported(key), new TextEncoder().encode(signed));
  return `${signed}.${inBase64(new Uint8Array(signature))}`;
}

function imported(key: string | JsonWebKey): Promise<CryptoKey> {
  if (typeof key !== "string") return crypto.subtle.importKey("jwk", key, ES256, false, ["sign"]);
  const body = key.split("\n").filter((line) => !line.startsWith("-----")).join("");
  const bytes = Uint8Array.from(atob(body.trim()), (character) => character.charCodeAt(0));
  return crypto.subtle.importKey("pkcs8", bytes, ES256, false, ["sign"]);
}

function inUtf8(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function inBase64(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
