/** What a company account does when the server takes its token no longer. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { companyCredentials } from "../../src/desk/oidc.ts";

const PROVIDER = { issuer: "https://id.example", client_id: "kefu-desk", scope: "openid" };
const issued = vi.hoisted(() => ({ number: 0 }));

vi.mock("oidc-client-ts", () => {
  const user = () => {
    issued.number += 1;
    const token = `token ${issued.number}`;
    return { id_token: token, access_token: token, refresh_token: "r", expires_in: 300, profile: { exp: Date.now() / 1000 + 300 } };
  };
  class UserManager {
    getUser = () => Promise.resolve(user());
    signinSilent = () => Promise.resolve(user());
  }
  return { UserManager, WebStorageStateStore: class {}, ErrorResponse: class extends Error {} };
});

beforeEach(() => {
  issued.number = 0;
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("a token that has ended by the server's clock is renewed, and nobody is signed out", async () => {
  const onRefused = vi.fn();
  const [credentials] = (await companyCredentials(PROVIDER, onRefused))!;
  for (const number of [1, 2, 3]) {
    const token = await credentials!.token();
    expect(token).toBe(`token ${number}`);
    vi.advanceTimersByTime(200_000); // a watch has gone on for so long
    credentials!.refused(token);
    credentials!.refused(token); // another call with the same token ended with it
  }
  expect(onRefused).not.toHaveBeenCalled();
});

test("a fresh token that is not taken signs out", async () => {
  const onRefused = vi.fn();
  const [credentials] = (await companyCredentials(PROVIDER, onRefused))!;
  credentials!.refused(await credentials!.token());
  credentials!.refused(await credentials!.token());
  expect(onRefused).toHaveBeenCalledOnce();
});

test("a token from before the last renewal says nothing of the new one", async () => {
  const onRefused = vi.fn();
  const [credentials] = (await companyCredentials(PROVIDER, onRefused))!;
  const old = await credentials!.token();
  credentials!.refused(old);
  await credentials!.token();
  credentials!.refused(old);
  expect(onRefused).not.toHaveBeenCalled();
});
