import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { authorized, type Credentials } from "@kefu/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { announce, announced } from "../src/chat/announce.ts";
import { Conversation } from "../src/chat/conversation.ts";
import { Identity } from "../src/chat/identity.ts";
import { hasSignedIn, Person } from "../src/chat/person.ts";
import {
  ChatService,
  FinishReason,
  GetSessionResponseSchema,
  ListSessionsResponseSchema,
  ListTurnsResponseSchema,
  Turn_State,
} from "../src/gen/kefu/router/v1/chat_pb.js";
import { visitor } from "../src/shared/auth.ts";
import { event } from "./scripted.ts";

/** A token of the site, as far as the page looks at it. */
function siteToken(sub: string, number = 0): string {
  return `e30.${btoa(JSON.stringify({ sub, number }))}.x`;
}

const CUSTOMERS: Record<string, object> = {
  anya: { sub: "anya", name: "Anya Garcia", method: "token" },
  bo: { sub: "bo", name: "Bo Lindqvist", method: "token" },
};

/** A gateway: whose a token is can be read in it, and whose a session is, in `owners`. */
class Gateway {
  readonly owners = new Map<string, string>();
  readonly asked: { who: string; text: string; profile: Record<string, string> }[] = [];
  readonly identifiedBy: string[] = [];
  /** Held back until this resolves. */
  slow: Promise<void> | null = null;
  /** Customers whose tokens are no longer renewed. */
  readonly over = new Set<string>();
  required = false;
  /** Who listens to which session. */
  readonly listening: string[] = [];
  /** Each looks whether the session of a watch is still its caller's. */
  private readonly watches = new Set<() => void>();
  private visitors = 0;
  private sessions = 0;

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const who = this.who(new Headers(init.headers).get("authorization"));
    const body = init.body ? (JSON.parse(String(init.body)) as Record<string, string>) : {};
    const path = url.replace(/^.*\/api\//, "");
    if (path === "visitor") {
      if (this.over.has(who)) return this.refusal("UNAUTHENTICATED");
      return Response.json({ token: `token of ${who || `visitor ${++this.visitors}`}`, expires_in: 3600 });
    }
    if (path === "identify") {
      this.identifiedBy.push(who);
      await this.slow;
      const sub = /"sub":"(\w+)"/.exec(atob(body["token"]!.split(".")[1] ?? ""))?.[1] ?? "";
      return CUSTOMERS[sub] ? this.identified(who, CUSTOMERS[sub]) : this.refusal("IDENTITY_NOT_VERIFIED");
    }
    if (path === "email-code") return Response.json({});
    if (body["code"] !== "123456") return this.refusal("IDENTITY_NOT_VERIFIED");
    return this.identified(who, { sub: `mailto:${body["email"]}`, email: body["email"], method: "email_code" });
  };

  private async identified(who: string, customer: object): Promise<Response> {
    const { sub } = customer as { sub: string };
    for (const [session, owner] of this.owners) if (owner === who) this.owners.set(session, sub);
    for (const look of this.watches) look();
    await new Promise((resolve) => setTimeout(resolve, 30)); // the page learns of it later
    return Response.json({ token: `token of ${sub}`, expires_in: 3600, customer, sessions_moved: 1 });
  }

  private refusal(reason: string): Response {
    const info = btoa(String.fromCharCode(10, reason.length) + reason);
    const details = [{ type: "google.rpc.ErrorInfo", value: info }];
    return Response.json({ code: "unauthenticated", message: "No.", details }, { status: 401 });
  }

  private who(authorization: string | null): string {
    return authorization?.replace("Bearer token of ", "") ?? "";
  }

  clientOf = (credentials: Credentials) => {
    const owned = (name: string, who: string) => {
      if (this.owners.get(name) !== who) throw new ConnectError("no such session", Code.NotFound);
    };
    const caller = (context: { requestHeader: Headers }) => this.who(context.requestHeader.get("authorization"));
    const transport = createRouterTransport(
      ({ service }) =>
        void service(ChatService, {
          converse: async function* (this: void, request: { session: string; text: string; profile: Record<string, string> }, context: { requestHeader: Headers }) {
            const who = caller(context);
            if (gateway.required && who.startsWith("visitor")) {
              const error = new ConnectError("Sign in first.", Code.PermissionDenied);
              error.details = [{ type: "google.rpc.ErrorInfo", value: new TextEncoder().encode("\n\x11IDENTITY_REQUIRED") }];
              throw error;
            }
            let { session } = request;
            if (session === "sessions/-") gateway.owners.set((session = `sessions/${++gateway.sessions}`), who);
            owned(session, who);
            gateway.asked.push({ who, text: request.text, profile: request.profile });
            yield event("turnStarted", { session, turn: `${session}/turns/a` });
            yield event("textDelta", { offset: 0n, text: `Hello, ${who}. It was sent to your address. ` });
            yield event("turnCompleted", { finishReason: FinishReason.STOP });
          },
          getSession: ({ name }, context) => {
            owned(name, caller(context));
            return create(GetSessionResponseSchema, { session: { name, turnCount: 1 } });
          },
          listTurns: ({ session }, context) => {
            owned(session, caller(context));
            const turns = [{ name: `${session}/turns/a`, question: "Where is it?", state: Turn_State.FINISHED }];
            return create(ListTurnsResponseSchema, { turns });
          },
          listSessions: (_request, context) => {
            const mine = [...this.owners].filter(([, owner]) => owner === caller(context)).map(([name]) => ({ name, turnCount: 1 }));
            return create(ListSessionsResponseSchema, { sessions: mine.reverse() });
          },
          watchSession: async function* ({ session }, context) {
            const who = caller(context);
            owned(session, who);
            yield* [];
            gateway.listening.push(`${who} to ${session}`);
            await new Promise<void>((resolve) => {
              context.signal.addEventListener("abort", () => resolve());
              gateway.watches.add(() => gateway.owners.get(session) !== who && resolve());
            });
            owned(session, who);
          },
        }),
      { transport: { interceptors: [authorized(credentials)] } },
    );
    return createClient(ChatService, transport);
  };
}

let gateway: Gateway;

beforeEach(() => {
  gateway = new Gateway();
  vi.stubGlobal("fetch", gateway.fetch);
});
const tabs: Tab[] = [];
afterEach(() => {
  for (const { conversation } of tabs.splice(0)) conversation.fresh();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  localStorage.clear();
  sessionStorage.clear();
});

interface Tab {
  person: Person;
  conversation: Conversation;
  identity: Identity;
  site: ReturnType<typeof vi.fn<() => void>>;
  texts: () => string[];
}

/** A page that has just been loaded, as main.tsx sets it up. */
async function tab(mode: "optional" | "required" = "optional"): Promise<Tab> {
  const anonymous = visitor("");
  const conversation = new Conversation(gateway.clientOf(anonymous), []);
  const person = new Person({ mode, tokens: true, email_codes: true });
  conversation.onIdentityRequired = () => (person.required.value = true);
  const site = vi.fn<() => void>();
  const identity = new Identity("", person, gateway.clientOf, conversation, anonymous, site);
  const opened = { person, conversation, identity, site, texts: () => conversation.entries.value.map(({ question }) => question) };
  tabs.push(opened);
  await (hasSignedIn() ? identity.restore() : conversation.load());
  return opened;
}

function storage(): string {
  return JSON.stringify([{ ...localStorage }, { ...sessionStorage }]);
}

it("an anonymous conversation goes along with the customer, and neither token nor session stays in the browser", async () => {
  const { identity, conversation, person, texts } = await tab();
  await conversation.send("Where is it?");
  expect(storage()).toContain("sessions/1");
  const [entry] = conversation.entries.value;
  await identity.identify(siteToken("anya"));
  expect(conversation.entries.value[0]).toBe(entry); // it stays, and is not read anew
  await vi.waitFor(() => expect(gateway.listening.at(-1)).toBe("anya to sessions/1"));
  expect(person.customer.value?.["name"]).toBe("Anya Garcia");
  expect([conversation.session.value, texts()]).toEqual(["sessions/1", ["Where is it?"]]);
  expect(storage()).not.toMatch(/sessions|anya|Anya/);
  await conversation.send("And now?");
  expect(gateway.asked.map(({ who }) => who)).toEqual(["visitor 1", "anya"]);
  expect(person.changes.value).toBe(0);
});

it("after a reload the customer's last conversation is there again once the site has said who it is", async () => {
  const before = await tab();
  await before.identity.identify(siteToken("anya"));
  await before.conversation.send("Where is it?");
  expect(storage()).not.toContain("sessions");
  const after = await tab();
  expect(after.texts()).toEqual([]);
  await after.identity.identify(siteToken("anya"));
  expect([after.conversation.session.value, after.texts()]).toEqual(["sessions/1", ["Where is it?"]]);
  expect(gateway.identifiedBy).toEqual(["visitor 1", "visitor 1"]); // a token is good for whoever brought it first
});

it("a new conversation that the customer has begun is not replaced when the site brings a new token", async () => {
  const { identity, conversation } = await tab();
  await identity.identify(siteToken("anya"));
  await conversation.send("Where is it?");
  conversation.fresh();
  await identity.identify(siteToken("anya", 2));
  expect([conversation.session.value, conversation.phase.value]).toEqual(["", "ready"]);
});

it("signing out leaves nothing of the customer, and begins with another visitor", async () => {
  const { identity, conversation, person, texts } = await tab();
  await conversation.send("Where is it?");
  await identity.identify(siteToken("anya"));
  conversation.profile = { name: "Anya" };
  announce("Hello, Anya.");
  await identity.identify(null);
  expect([person.customer.value, conversation.session.value, texts(), conversation.profile]).toEqual([null, "", [], {}]);
  expect(announced.value).toEqual([]);
  expect(storage()).toBe("[{},{}]");
  expect(person.changes.value).toBe(1);
  await conversation.send("Hello");
  expect(gateway.asked.at(-1)).toEqual({ who: "visitor 2", text: "Hello", profile: {} });
});

it.each(["named", "answered"])("of a message whose customer leaves as it is %s nothing is shown, said or kept", async (when) => {
  const { identity, conversation } = await tab();
  await identity.identify(siteToken("anya"));
  const sent = conversation.send("Where is it?");
  const entry = conversation.entries.value.at(-1)!;
  const left = new Promise<void>((resolve) => {
    const leave = (now: boolean) => now && void identity.identify(null).then(resolve);
    if (when === "named") entry.name.subscribe((name) => leave(name !== ""));
    else entry.state.subscribe((state) => leave(state === "answering"));
  });
  await Promise.all([sent, left]);
  await new Promise((resolve) => setTimeout(resolve, 150)); // a frame later
  expect([conversation.entries.value, conversation.session.value, announced.value]).toEqual([[], "", []]);
  expect(entry.text.value).toBe("");
  expect(storage()).toBe("[{},{}]");
});

it("signing out where nobody has signed in changes nothing", async () => {
  const { identity, conversation, texts } = await tab();
  await conversation.send("Where is it?");
  await identity.identify(null);
  expect([conversation.session.value, texts()]).toEqual(["sessions/1", ["Where is it?"]]);
});

it("another customer's page is empty at once, before the gateway has said so", async () => {
  const { identity, conversation, person, texts } = await tab();
  await identity.identify(siteToken("anya"));
  await conversation.send("Where is it?");
  let answer = () => {};
  gateway.slow = new Promise<void>((resolve) => (answer = resolve));
  const identified = identity.identify(siteToken("bo"));
  expect([person.customer.value, conversation.session.value, texts()]).toEqual([null, "", []]);
  answer();
  await identified;
  expect(person.customer.value?.sub).toBe("bo");
  expect(texts()).toEqual([]);
  expect(gateway.identifiedBy).toEqual(["visitor 1", "visitor 2"]);
  expect(gateway.owners.get("sessions/1")).toBe("anya");
});

it("of two sign-ins that overtake each other the later one counts, and so does a sign-out", async () => {
  const { identity, person } = await tab();
  let answer = () => {};
  gateway.slow = new Promise<void>((resolve) => (answer = resolve));
  const first = identity.identify(siteToken("anya"));
  await vi.waitFor(() => expect(gateway.identifiedBy).toEqual(["visitor 1"]));
  const second = identity.identify(siteToken("bo"));
  await vi.waitFor(() => expect(gateway.identifiedBy).toEqual(["visitor 1", "visitor 2"]));
  answer();
  await Promise.all([first, second]);
  expect(person.customer.value?.sub).toBe("bo");
  gateway.slow = new Promise<void>((resolve) => (answer = resolve));
  const third = identity.identify(siteToken("anya"));
  await vi.waitFor(() => expect(gateway.identifiedBy).toHaveLength(3));
  await identity.identify(null);
  answer();
  await third;
  expect([person.customer.value, person.pending.value]).toEqual([null, false]);
});

it("a token that proves nothing leaves an anonymous conversation as it is, and signs a customer out", async () => {
  const { identity, conversation, person, texts } = await tab();
  await conversation.send("Where is it?");
  await expect(identity.identify("nonsense")).rejects.toMatchObject({ reason: "IDENTITY_NOT_VERIFIED" });
  expect([conversation.session.value, texts(), person.pending.value]).toEqual(["sessions/1", ["Where is it?"], false]);
  await vi.waitFor(() => expect(gateway.listening).toEqual(Array.from({ length: 2 }, () => "visitor 1 to sessions/1")));
  await identity.identify(siteToken("anya"));
  await expect(identity.identify("nonsense")).rejects.toMatchObject({ reason: "IDENTITY_NOT_VERIFIED" });
  expect([person.customer.value, texts()]).toEqual([null, []]);
});

it("two accounts in two tabs, and nobody in a third, stay apart through reloads of each", async () => {
  const [one, other] = [await tab(), await tab()];
  await one.identity.identify(siteToken("anya"));
  await other.identity.identify(siteToken("bo"));
  await one.conversation.send("Anya's");
  await other.conversation.send("Bo's");
  const third = await tab();
  expect(third.texts()).toEqual([]);
  await third.conversation.send("Nobody's");
  expect(gateway.asked.map(({ who, text }) => [who, text])).toEqual([
    ["anya", "Anya's"],
    ["bo", "Bo's"],
    ["visitor 1", "Nobody's"],
  ]);
  expect(storage()).not.toMatch(/sessions\/[12]|anya|bo/);
  const again = await tab(); // the first one, reloaded
  expect(again.conversation.session.value).toBe("sessions/3");
  await again.identity.identify(null);
  await third.conversation.send("More");
  expect(third.conversation.session.value).toBe("sessions/3");
  await one.identity.identify(null);
  expect([one.texts(), other.texts()]).toEqual([[], ["Bo's"]]);
  await other.conversation.send("Still Bo's");
  expect(gateway.asked.at(-1)?.who).toBe("bo");
  const reloaded = await tab(); // the second one
  await reloaded.identity.identify(siteToken("bo"));
  expect(reloaded.conversation.session.value).toBe("sessions/2");
  expect([...gateway.owners]).toEqual([
    ["sessions/1", "anya"],
    ["sessions/2", "bo"],
    ["sessions/3", "visitor 1"],
  ]);
});

it("a visitor who was forgotten by a sign-out in another tab is not put back", async () => {
  const [mine, other] = [await tab(), await tab()];
  await mine.conversation.send("Mine");
  const anonymous = visitor("");
  const token = await anonymous.token();
  await other.identity.identify(siteToken("anya"));
  await other.identity.identify(null);
  anonymous.refused(token);
  expect(await anonymous.token()).toBe("token of visitor 1");
  expect(storage()).not.toContain("visitor 1");
});

it("when the gateway renews no longer, the site is asked, and the conversation goes on", async () => {
  const { identity, conversation, person, site, texts } = await tab();
  await identity.identify(siteToken("anya"));
  await conversation.send("Where is it?");
  gateway.over.add("anya");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_000_000 });
  site.mockImplementation(() => {
    gateway.over.clear();
    void identity.identify(siteToken("anya", 2));
  });
  await conversation.send("And now?");
  expect(site).toHaveBeenCalledOnce();
  expect([person.customer.value?.sub, texts()]).toEqual(["anya", ["Where is it?", "And now?"]]);
  expect(gateway.asked.at(-1)).toMatchObject({ who: "anya", text: "And now?" });
});

it("a site that brings another customer's token then gets an empty page", async () => {
  const { identity, conversation, person, site, texts } = await tab();
  await identity.identify(siteToken("anya"));
  await conversation.send("Where is it?");
  gateway.over.add("anya");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_000_000 });
  let identified: Promise<void> | undefined;
  site.mockImplementation(() => void (identified = identity.identify(siteToken("bo"))));
  await conversation.send("And now?");
  await identified;
  expect([person.customer.value?.sub, texts()]).toEqual(["bo", []]);
  expect(gateway.asked).toHaveLength(1);
});

it("who signed in by mail is known after a reload of the same tab, until signing out", async () => {
  const { identity, conversation } = await tab("required");
  await identity.sendCode("anya@example.com");
  await expect(identity.verifyCode("anya@example.com", "000000")).rejects.toMatchObject({ reason: "IDENTITY_NOT_VERIFIED" });
  expect(hasSignedIn()).toBe(false);
  await identity.verifyCode("anya@example.com", "123456");
  await conversation.send("Where is it?");
  expect(JSON.stringify({ ...localStorage })).not.toMatch(/anya|sessions/);
  const again = await tab("required");
  expect([again.person.customer.value?.["email"], again.person.locked.value]).toEqual(["anya@example.com", false]);
  expect(again.texts()).toEqual(["Where is it?"]);
  again.identity.leave();
  expect([storage(), again.person.locked.value]).toEqual(["[{},{}]", true]);
  gateway.over.add("mailto:anya@example.com");
  sessionStorage.setItem("kefu.customer", JSON.stringify({ token: "token of mailto:anya@example.com", customer: { sub: "mailto:anya@example.com", method: "email_code" } }));
  const late = await tab();
  await vi.waitFor(() => expect(late.person.ended.value).toBe(true));
  expect([late.person.customer.value, hasSignedIn()]).toEqual([null, false]);
});

it("a message that is refused since nobody signed in asks for that", async () => {
  gateway.required = true;
  const { identity, conversation, person } = await tab("optional");
  expect(person.locked.value).toBe(false);
  await conversation.send("Where is it?");
  expect(person.locked.value).toBe(true);
  await identity.identify(siteToken("anya"));
  expect(person.locked.value).toBe(false);
  await conversation.retry(conversation.entries.value[0]!);
  expect(gateway.asked.map(({ who, text }) => [who, text])).toEqual([["anya", "Where is it?"]]);
});

it("what the site says of the person goes along with each message", async () => {
  const { conversation } = await tab();
  conversation.profile = { name: "Anya" };
  await conversation.send("Where is it?");
  expect(gateway.asked[0]?.profile).toEqual({ name: "Anya" });
});
