/** GET /api/config: what the gateway tells every page before anybody has said who they are. */

export interface GatewayConfig {
  /** The service's name, shown as the heading. */
  title: string;
  /** Whether anybody may chat without a key. */
  visitors: boolean;
  /** Where operators sign in, if there is such a place. */
  oidc: { issuer: string; client_id: string; scope: string } | null;
  /** Collections that visitors' questions are answered from; empty: all that their key may search. */
  collections: string[];
  version: string;
  /** "#rrggbb"; empty: Kefu's own. */
  accent: string;
}

export async function fetchConfig(base = ""): Promise<GatewayConfig> {
  const response = await fetch(`${base}/api/config`);
  if (!response.ok) throw new Error(`/api/config: HTTP ${response.status}`);
  return (await response.json()) as GatewayConfig;
}
