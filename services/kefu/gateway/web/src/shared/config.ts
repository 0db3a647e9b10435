/** GET /api/config: what the gateway tells every page before anybody has said who they are. */

/** How customers sign in, as far as they do. */
export interface SignIn {
  /** "required": nobody else is answered. */
  mode: "off" | "optional" | "required";
  /** The site says who its customers are. */
  tokens: boolean;
  /** Codes are sent by mail. */
  email_codes: boolean;
}

/** Which files of customers are taken. */
export interface Taken {
  max_bytes: number;
  max_per_message: number;
  media_types: string[];
}

export interface GatewayConfig {
  /** The service's name, shown as the heading. */
  title: string;
  /** Whether anybody may chat without a key. */
  visitors: boolean;
  /** Null where it is not known. */
  sign_in?: SignIn | null;
  /** Null: no files are taken. */
  attachments?: Taken | null;
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
