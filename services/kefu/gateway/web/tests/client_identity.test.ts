// @vitest-environment node
import { Code } from "@connectrpc/connect";
import { customer, fixedToken, identify, identityToken, KefuError, sendEmailCode, verifyEmailCode } from "@kefu/client";
import { afterEach, describe, expect, it, vi } from "vitest";

const BASE = "https://help.example.com";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Answers one after the other; what was asked, by path, sender and body. */
function gateway(...answers: [number, object][]) {
  const asked: [string, string | null, unknown][] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push([url.replace(BASE, ""), new Headers(init.headers).get("authorization"), init.body ? JSON.parse(String(init.body)) : null]);
    const [status, body] = answers.shift() ?? [500, {}];
    return Response.json(body, { status });
  });
  return asked;
}

function refusal(code: string, reason: string) {
  const value = btoa(String.fromCharCode(10, reason.length) + reason).replaceAll("=", "");
  return { code, message: "No.", details: [{ type: "google.rpc.ErrorInfo", value }] };
}

const issued = (token: string) => ({ token, expires_in: 3600, customer: { sub: "4711", method: "token" }, sessions_moved: 0 });

describe("a customer", () => {
  it("is identified once, renewed while that goes, and then identified again", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 0 });
    const asked = gateway([200, issued("one")], [200, issued("two")], [401, {}], [200, issued("three")]);
    let count = 0;
    const who = customer(BASE, () => `site ${++count}`, fixedToken("visitor"));
    expect(await Promise.all([who.token(), who.token()])).toEqual(["one", "one"]);
    vi.setSystemTime(3_000_000);
    expect(await who.token()).toBe("two");
    who.refused("two");
    expect(await who.token()).toBe("three");
    expect(asked).toEqual([
      ["/api/identify", "Bearer visitor", { token: "site 1" }],
      ["/api/visitor", "Bearer one", null],
      ["/api/visitor", "Bearer two", null],
      ["/api/identify", "Bearer visitor", { token: "site 2" }],
    ]);
  });

  it("is not forgotten when the gateway is away for a while", async () => {
    const asked = gateway([200, issued("one")], [503, {}], [200, issued("two")]);
    const who = customer(BASE, () => "site", fixedToken("visitor"));
    who.refused(await who.token());
    await expect(who.token()).rejects.toMatchObject({ status: 503 });
    expect(await who.token()).toBe("two");
    expect(asked.map(([path]) => path)).toEqual(["/api/identify", "/api/visitor", "/api/visitor"]);
  });

  it("is told why a token was refused, and what was only lost is tried again", async () => {
    gateway([401, refusal("unauthenticated", "IDENTITY_NOT_VERIFIED")]);
    const refused = identify(BASE, "visitor", "site");
    await expect(refused).rejects.toBeInstanceOf(KefuError);
    await expect(refused).rejects.toMatchObject({ code: Code.Unauthenticated, reason: "IDENTITY_NOT_VERIFIED" });
    gateway([502, {}], [200, issued("one")]);
    expect((await identify(BASE, "visitor", "site")).customer.sub).toBe("4711");
  });

  it("signs in by mail, with each try made once", async () => {
    const asked = gateway([200, {}], [429, refusal("resource_exhausted", "EMAIL_CODE_LIMIT")], [503, {}], [200, issued("one")]);
    await sendEmailCode(BASE, "visitor", "anya@example.com", "zh");
    await expect(sendEmailCode(BASE, "visitor", "anya@example.com")).rejects.toMatchObject({ reason: "EMAIL_CODE_LIMIT" });
    await expect(verifyEmailCode(BASE, "visitor", "anya@example.com", "1")).rejects.toMatchObject({ code: Code.Unavailable });
    expect((await verifyEmailCode(BASE, "visitor", "anya@example.com", "123456")).token).toBe("one");
    expect(asked[0]).toEqual(["/api/email-code", "Bearer visitor", { email: "anya@example.com", language: "zh" }]);
    expect(asked).toHaveLength(4);
  });
});

describe("a token of the site", () => {
  const site = { issuer: "https://shop.example.com", audience: "kefu", sub: "4711" };

  it("is signed by the key, as PEM and as JWK", async () => {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", pair.privateKey)).toString("base64");
    const pem = `-----BEGIN PRIVATE KEY-----\r\n${pkcs8.replace(/.{64}/g, "$&\r\n")}\r\n-----END PRIVATE KEY-----\r\n`;
    const jwk = await crypto.subtle.exportKey("jwk", pair.privateKey);
    for (const key of [pem, jwk]) {
      const token = await identityToken({ ...site, key, claims: { name: "Anya Garcia 😀" }, seconds: 60, keyId: "k1" });
      expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      const [header = "", payload = "", signature = ""] = token.split(".");
      const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
      expect(read(header)).toEqual({ alg: "ES256", typ: "JWT", kid: "k1" });
      const claims = read(payload);
      expect(claims).toMatchObject({ iss: site.issuer, aud: "kefu", sub: "4711", name: "Anya Garcia 😀" });
      expect(Number(claims["exp"]) - Number(claims["iat"])).toBe(60);
      const good = await crypto.subtle.verify(
        { name: "ECDSA", hash: "SHA-256" },
        pair.publicKey,
        Buffer.from(signature, "base64url"),
        new TextEncoder().encode(`${header}.${payload}`),
      );
      expect(good).toBe(true);
    }
  });

  it("is not signed where it would say two things", async () => {
    await expect(identityToken({ ...site, key: {}, sub: "" })).rejects.toThrow("sub");
    await expect(identityToken({ ...site, key: {}, claims: { exp: "never" } })).rejects.toThrow("claims must not name exp");
    await expect(identityToken({ ...site, key: "no key" })).rejects.toThrow();
  });
});
