// An OpenID Connect provider as companies run one, for tests/browser/test_company_account.py:
//   node tests/provider.mjs PORT REDIRECT_URI
// oidc-provider with its own pages for signing in, where any name and password will do. What is special about a name:
// "guest" has no role at the desk, and the tokens of "brief" last for two seconds.
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const seconds = (longer) => (ctx) => (ctx.oidc.account?.accountId.startsWith("brief") ? 2 : longer);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "kefu-desk",
      token_endpoint_auth_method: "none",
      redirect_uris: [redirect],
      grant_types: ["authorization_code", "refresh_token"],
    },
  ],
  claims: { openid: ["sub"], profile: ["name"], groups: ["groups"] },
  scopes: ["openid", "profile", "groups", "offline_access"],
  conformIdTokenClaims: false, // names and roles in the token itself, which is what the gateway reads
  clientBasedCORS: (_ctx, origin) => origin === new URL(redirect).origin,
  issueRefreshToken: (_ctx, _client, code) => code.accountId !== "brief",
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id[0].toUpperCase()}${id.slice(1)} Lin`, groups: id === "guest" ? ["guests"] : ["kefu-operator"] }),
  }),
  ttl: { IdToken: seconds(3600), AccessToken: seconds(3600), RefreshToken: 3600, Session: 3600, Grant: 3600, Interaction: 3600 },
  cookies: { keys: ["of this test alone"] },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
