/**
 * Signing in at the company's own identity provider: authorization code with PKCE, by oidc-client-ts, which is loaded only
 * where /api/config names a provider. The gateway verifies what comes back; the page only carries it.
 */

import type { User, UserManager } from "oidc-client-ts";

import type { Credentials } from "../shared/auth.ts";
import type { GatewayConfig } from "../shared/config.ts";
import { MeRefused } from "./shared/session.ts";

type Provider = NonNullable<GatewayConfig["oidc"]>;

/** Renewed so many seconds before it ends. */
const EARLY_SECONDS = 60;

/** A token that is refused sooner than so many seconds after it was got has not ended: it is not taken. */
const FRESH_SECONDS = 30;

/** Where the account lies in sessionStorage, and nothing else of the page does. */
const ACCOUNT = "kefu.desk.account.";

/** How often an account was forgotten: what was being renewed then must not come back. */
let forgotten = 0;

/** Leaves the page; the provider sends the browser back to it. `anew`: it shall ask who that is, also when it knows. */
export async function leaveForSignIn(provider: Provider, anew: boolean): Promise<void> {
  await (await managerOf(provider)).signinRedirect(anew ? { prompt: "login" } : {});
}

export function isReturn(address: URL): boolean {
  return address.searchParams.has("state") && (address.searchParams.has("code") || address.searchParams.has("error"));
}

/**
 * Credentials of whoever has just come back, or has signed in in this tab before; null: nobody has. Which of the two
 * tokens the gateway takes depends on the audience it asks for, so there is one of each, the likelier first.
 */
export async function companyCredentials(provider: Provider, onRefused: () => void): Promise<readonly Credentials[] | null> {
  const coming = isReturn(new URL(location.href));
  const manager = await managerOf(provider);
  try {
    const user = coming ? await manager.signinRedirectCallback() : await manager.getUser();
    return user === null ? null : [credentialsOf(manager, user, "id_token", onRefused), credentialsOf(manager, user, "access_token", onRefused)];
  } finally {
    if (coming) history.replaceState(null, "", location.pathname); // the code is used up
  }
}

/** Forgets the account in this tab, at once: who signs out may close or reload in the same moment. The provider's own session is left alone. */
export function forgetCompanyAccount(): void {
  forgotten += 1;
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(ACCOUNT)) sessionStorage.removeItem(key);
}

function credentialsOf(manager: UserManager, first: User, which: "id_token" | "access_token", onRefused: () => void): Credentials {
  let user = first;
  let renewing: Promise<User | null> | null = null;
  let ended = false;
  let renewedAt = 0;
  return {
    token: async () => {
      const left = Math.min(user.expires_in ?? Infinity, user.profile.exp - Date.now() / 1000);
      if (user.refresh_token !== undefined && (left < EARLY_SECONDS || ended)) {
        renewing ??= renewed(manager, onRefused).finally(() => (renewing = null));
        user = (await renewing) ?? user;
        [ended, renewedAt] = [false, Date.now()];
      }
      return user[which] ?? "";
    },
    // A call that goes on for long ends with its token, by the server's clock: then the next one is renewed.
    refused: (token) => {
      if (token !== (user[which] ?? "")) return;
      if (user.refresh_token !== undefined && Date.now() - renewedAt > FRESH_SECONDS * 1000) ended = true;
      else onRefused();
    },
  };
}

async function renewed(manager: UserManager, onRefused: () => void): Promise<User | null> {
  const { ErrorResponse } = await import("oidc-client-ts");
  const before = forgotten;
  try {
    const user = await manager.signinSilent();
    if (forgotten !== before) forgetCompanyAccount(); // the library has just stored it
    return user;
  } catch (error) {
    if (!(error instanceof ErrorResponse)) throw error; // the provider was not reached: later, perhaps
    onRefused();
    throw new MeRefused(401);
  }
}

async function managerOf({ issuer, client_id, scope }: Provider): Promise<UserManager> {
  const { UserManager, WebStorageStateStore } = await import("oidc-client-ts");
  return new UserManager({
    authority: issuer,
    client_id,
    redirect_uri: location.origin + location.pathname,
    scope,
    userStore: new WebStorageStateStore({ prefix: ACCOUNT, store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: false,
  });
}
