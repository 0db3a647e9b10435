/** Pictures and PDFs that go along with a message: uploaded to the gateway, and had back from it. */
import { Code, ConnectError } from "@connectrpc/connect";
import { type Credentials, fixedToken } from "./credentials.ts";
import { KefuError, failureOf } from "./failure.ts";
import { reach } from "./reach.ts";
import { refusal } from "./refusal.ts";

/** An attachment as the gateway describes it: Attachment of the contract, in JSON. */
export interface Uploaded {
  /** "sessions/…/attachments/…". */
  name: string;
  mediaType: string;
  fileName?: string;
}

export interface UploadOptions {
  /** "sessions/…", to go on with a conversation. Empty: a new one, whose name `Uploaded.name` begins with. */
  session?: string;
  /** The file's name, where `file` has none. */
  fileName?: string;
  /** Told the share that is sent, 0 to 1, where the platform tells it (XMLHttpRequest). */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/**
 * Upload a file. `who`: a key, a visitor's or customer's token, or credentials: a token that has run out is then renewed,
 * and the file sent once more. Rejects with KefuError.
 */
export async function uploadAttachment(base: string, who: string | Credentials, file: Blob, options: UploadOptions = {}): Promise<Uploaded> {
  const name = options.fileName ?? (file instanceof File ? file.name : "");
  const headers: Record<string, string> = {
    "Content-Type": "application/octet-stream",
    "X-Kefu-File-Name": encodeURIComponent(name),
    ...(options.session ? { "X-Kefu-Session": options.session } : {}),
  };
  const send = typeof XMLHttpRequest === "undefined" ? sendByFetch : sendByXhr;
  const upload = async (token: string) => {
    const { status, text } = await send(`${base}/api/attachments`, file, { ...headers, Authorization: `Bearer ${token}` }, options);
    const body: unknown = parsed(text);
    if (status === 200) return body as Uploaded;
    throw refusal(status, body as Parameters<typeof refusal>[1]);
  };
  try {
    return await renewing(typeof who === "string" ? fixedToken(who) : who, upload);
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw new KefuError(failureOf(error));
  }
}

/** An attachment's bytes, or those of its preview, a small JPEG. Rejects with KefuError. */
export async function downloadAttachment(base: string, token: string, name: string, preview = false): Promise<Blob> {
  try {
    const address = `${base}/api/attachments/${name}${preview ? "?preview=1" : ""}`;
    const response = await reach(address, { headers: { Authorization: `Bearer ${token}` } });
    if (response.ok) return await response.blob();
    throw refusal(response.status, await response.json().catch(() => null));
  } catch (error) {
    throw new KefuError(failureOf(error));
  }
}

/** The session of an attachment. */
export function sessionOf(attachment: string): string {
  return attachment.split("/attachments/")[0] ?? "";
}

/** A call, made once more where its token was refused and there is another one. */
async function renewing<Result>(credentials: Credentials, call: (token: string) => Promise<Result>): Promise<Result> {
  const token = await credentials.token();
  try {
    return await call(token);
  } catch (error) {
    if (ConnectError.from(error).code !== Code.Unauthenticated) throw error;
    credentials.refused(token);
    const next = await credentials.token();
    if (next === token) throw error;
    return call(next);
  }
}

interface Sent {
  status: number;
  text: string;
}

async function sendByFetch(url: string, body: Blob, headers: Record<string, string>, { signal }: UploadOptions): Promise<Sent> {
  const response = await reach(url, { method: "POST", headers, body, ...(signal ? { signal } : {}) });
  return { status: response.status, text: await response.text() };
}

/** fetch does not tell how much was sent. */
function sendByXhr(url: string, body: Blob, headers: Record<string, string>, { signal, onProgress }: UploadOptions): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    request.onload = () => resolve({ status: request.status, text: request.responseText });
    request.onerror = () => reject(new Error("The connection was lost."));
    request.onabort = () => reject(new Error("It was cancelled."));
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // of something in between, such as a proxy
  }
}
