/** Files that go along with a message: what is taken, uploaded and taken away again, over a gateway that is played. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Credentials, fixedToken } from "@kefu/client";
import { Files } from "../src/chat/attachments/files.ts";
import { choose } from "../src/shared/i18n.ts";

const TAKEN = { max_bytes: 1000, max_per_message: 2, media_types: ["image/jpeg", "application/pdf"] };

/** What was asked of the gateway, and how it answers uploads. */
class Gateway {
  readonly asked: { url: string; session: string; name: string; token: string | null }[] = [];
  answer: (count: number) => [number, unknown] = (count) => [200, { name: `sessions/s1/attachments/a${count}`, mediaType: "image/jpeg" }];
}

function file(name: string, type = "image/jpeg", size = 10): File {
  return new File([new Uint8Array(size)], name, { type });
}

describe("files", () => {
  let gateway: Gateway;
  let session = "";
  let credentials: Credentials;
  const files = () => new Files({ session: () => session, credentials: () => credentials, announce: () => {} }, TAKEN);

  beforeEach(() => {
    gateway = new Gateway();
    session = "";
    credentials = fixedToken("token");
    choose("en");
    vi.stubGlobal("XMLHttpRequest", undefined);
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      const headers = new Headers(init.headers);
      gateway.asked.push({
        url,
        token: headers.get("authorization"),
        session: headers.get("x-kefu-session") ?? "",
        name: decodeURIComponent(headers.get("x-kefu-file-name") ?? String(init.body)),
      });
      const [status, body] = gateway.answer(gateway.asked.length);
      return new Response(JSON.stringify(body), { status });
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("are uploaded one after the other, to the session that the first one begins", async () => {
    const one = files();
    one.add([file("a.jpg"), file("收据.pdf", "application/pdf")]);
    expect(one.busy.value).toBe(true);
    await vi.waitFor(() => expect(one.busy.value).toBe(false));
    expect(gateway.asked.map(({ session, name }) => [session, name])).toEqual([
      ["", "a.jpg"],
      ["sessions/s1", "收据.pdf"],
    ]);
    expect(one.take()).toEqual(["sessions/s1/attachments/a1", "sessions/s1/attachments/a2"]);
    expect(one.all.value).toEqual([]);
  });

  it("that are too large, of another type or too many are refused before anything is sent", () => {
    const one = files();
    one.add([file("big.jpg", "image/jpeg", 1001)]);
    expect(one.problem.value).toBe("“big.jpg” is too large: at most 0 MB can be sent.");
    one.add([file("page.html", "text/html")]);
    expect(one.problem.value).toContain("“page.html” is no picture");
    expect(one.all.value).toEqual([]);
    one.add([file("a.jpg"), file("b.jpg"), file("c.jpg")]);
    expect(one.problem.value).toBe("At most 2 files can go along with one message.");
    expect(one.all.value.length).toBe(2);
  });

  it.each([
    ["password", "“a.pdf” is protected by a password"],
    ["slow", "Checking “a.pdf” took too long"],
  ])("that the server refuses are said to be so, and are gone: %s", async (why, said) => {
    // google.rpc.ErrorInfo{reason: "ATTACHMENT_REFUSED", metadata: {why: "password"}}
    const entry = [0x0a, 3, ...bytes("why"), 0x12, why.length, ...bytes(why)];
    const info = [0x0a, 18, ...bytes("ATTACHMENT_REFUSED"), 0x1a, entry.length, ...entry];
    const details = [{ type: "google.rpc.ErrorInfo", value: btoa(String.fromCharCode(...info)) }];
    gateway.answer = () => [400, { code: "invalid_argument", message: "It is protected.", details }];
    const one = files();
    one.add([file("a.pdf", "application/pdf")]);
    await vi.waitFor(() => expect(one.problem.value).toContain(said));
    expect(one.all.value).toEqual([]);
  });

  it("are sent once more with another token where theirs has run out meanwhile, and no third time", async () => {
    let count = 0;
    const refused: string[] = [];
    credentials = { token: () => Promise.resolve(`token${count}`), refused: (token) => (refused.push(token), (count += 1)) };
    gateway.answer = (asked) => (asked === 1 ? [401, { code: "unauthenticated", message: "Expired.", details: [] }] : [200, { name: "sessions/s1/attachments/a2" }]);
    const one = files();
    one.add([file("a.jpg")]);
    await vi.waitFor(() => expect(one.busy.value).toBe(false));
    expect(one.take()).toEqual(["sessions/s1/attachments/a2"]);
    expect(gateway.asked.map(({ token }) => token)).toEqual(["Bearer token0", "Bearer token1"]);
    gateway.answer = () => [401, null]; // of something in between
    one.add([file("b.jpg")]);
    await vi.waitFor(() => expect(one.problem.value).not.toBe(""));
    expect(gateway.asked.length).toBe(4);
    expect(refused).toEqual(["token0", "token1"]);
  });

  it("are erased on the server when they are taken away", async () => {
    const one = files();
    one.add([file("a.jpg")]);
    await vi.waitFor(() => expect(one.busy.value).toBe(false));
    await one.remove(one.all.value[0]!);
    expect(gateway.asked.at(-1)?.url).toBe("/kefu.router.v1.AttachmentService/DeleteAttachment");
    expect(gateway.asked.at(-1)?.name).toContain("sessions/s1/attachments/a1");
    expect(one.take()).toEqual([]);
  });
});

function bytes(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
