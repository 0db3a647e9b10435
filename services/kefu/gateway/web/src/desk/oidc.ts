/**
 * Signing in at the company's own identity provider: authorization code with PKCE, by oidc-client-ts, which is loaded only
 * where /api/config names a provider. The gateway verifies what comes back; the page only carries it.
 */

import type { GatewayConfig } from "../shared/config.ts";

type Provider = NonNullable<GatewayConfig["oidc"]>;

/** Leaves the page; the provider sends the browser back to it. */
export async function leaveForSignIn(provider: Provider): Promise<void> {
  await (await manager(provider)).signinRedirect();
}

export function isReturn(address: URL): boolean {
  return address.searchParams.has("state") && (address.searchParams.has("code") || address.searchParams.has("error"));
}

/** The token of whoever has just come back; takes what the provider said out of the address. */
export async function returned(provider: Provider): Promise<string> {
  try {
    const user = await (await manager(provider)).signinRedirectCallback();
    return user.id_token ?? user.access_token;
  } finally {
    history.replaceState(null, "", location.pathname);
  }
}

async function manager({ issuer, client_id }: Provider) {
  const { UserManager, WebStorageStateStore } = await import("oidc-client-ts");
  return new UserManager({
    authority: issuer,
    client_id,
    redirect_uri: location.origin + location.pathname,
    scope: "openid profile email",
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: false,
  });
}
