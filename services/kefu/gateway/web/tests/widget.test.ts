import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { embedding, type FromSite, type OfCustomer } from "../src/chat/embedding.ts";
import { commands, type Kefu, type Widget } from "../src/widget/commands.ts";

let complaints: string[];
beforeEach(() => {
  complaints = [];
  vi.spyOn(console, "error").mockImplementation((...words: unknown[]) => void complaints.push(words.map(String).join(" ")));
});
afterEach(() => void vi.restoreAllMocks());

/** A widget whose chat has not come yet. */
function widget() {
  const told: FromSite[] = [];
  const shown: boolean[] = [];
  let [isHere, here, asked] = [false, () => {}, () => {}];
  const played: Widget = {
    show: (open) => shown.push(open),
    isHere: () => isHere,
    tell: (message) => void told.push(message),
    when: (onHere, onAsked) => ([here, asked] = [onHere, onAsked]),
  };
  const come = () => ((isHere = true), here());
  return { played, told, shown, come, ask: () => asked() };
}

function started(...queued: unknown[][]) {
  let kefu!: Kefu;
  const begin = commands(queued, (published) => (kefu = published));
  const made = widget();
  return { kefu, begin: () => begin(made.played), ...made };
}

describe("the widget's commands", () => {
  it("wait in the site's stub, then for the widget, then for the chat, and keep their order", async () => {
    const { kefu, begin, told, shown, come } = started(["identify", "first"], ["open"]);
    kefu("identify", "second");
    expect(shown).toEqual([]);
    begin();
    expect([shown, told]).toEqual([[true], []]);
    come();
    await vi.waitFor(() => expect(told).toEqual([{ kefu: "identify", token: "second" }]));
    kefu("close");
    expect(shown).toEqual([true, false]);
  });

  it("ask a function when the chat has come, and again when the chat asks", async () => {
    const { kefu, begin, told, come, ask } = started();
    begin();
    let count = 0;
    kefu("identify", async () => `token ${++count}`);
    expect(count).toBe(0);
    come();
    await vi.waitFor(() => expect(told).toHaveLength(1));
    ask();
    await vi.waitFor(() => expect(told.at(-1)).toEqual({ kefu: "identify", token: "token 2" }));
  });

  it("drop a token that comes after the customer has signed out", async () => {
    const { kefu, begin, told, come } = started();
    begin();
    come();
    let bring = (_token: string) => {};
    kefu("identify", () => new Promise<string>((resolve) => (bring = resolve)));
    kefu("identify", null);
    bring("late");
    await vi.waitFor(() => expect(told).toEqual([{ kefu: "identify", token: null }]));
    await Promise.resolve();
    expect(told).toHaveLength(1);
  });

  it("tell a function's failure to the console and nothing to the chat", async () => {
    const { kefu, begin, told, come } = started();
    begin();
    come();
    kefu("identify", () => Promise.reject(new Error("no session")));
    kefu("identify", (() => 7) as never);
    await vi.waitFor(() => expect(complaints.length).toBeGreaterThan(0));
    expect(told).toEqual([]);
  });

  it("pass on what the page claims, as words, and not to whoever comes after", async () => {
    const { kefu, begin, told, come } = started(["profile", { name: "Anya", orders: 3 }]);
    begin();
    come();
    expect(told).toEqual([{ kefu: "profile", profile: { name: "Anya", orders: "3" } }]);
    kefu("identify", "anya");
    kefu("identify", "bo");
    come(); // the frame was loaded anew
    await vi.waitFor(() => expect(told.at(-1)).toEqual({ kefu: "identify", token: "bo" }));
    expect(told.filter((one) => one.kefu === "profile")).toHaveLength(1);
  });

  it.each([
    ["identfy", ["identify, profile, open, close"]],
    ["constructor", ["identify, profile, open, close"]],
    ["identify", ["takes a string"]],
    ["profile", ["takes an object"]],
  ])("say what is wrong with %s", (command, [expected]) => {
    const { kefu, begin, told } = started([command, 7]);
    begin();
    expect(complaints.join()).toContain(expected);
    expect(told).toEqual([]);
    expect(kefu).toBeInstanceOf(Function);
  });
});

describe("the chat in a site's frame", () => {
  const SITE = "https://shop.example.com";
  const posted: [unknown, string][] = [];
  const parent = { postMessage: (message: unknown, origin: string) => void posted.push([message, origin]) };

  function say(data: unknown, origin = SITE, source: unknown = parent): void {
    const message = new MessageEvent("message", { data, origin });
    Object.defineProperty(message, "source", { value: source });
    dispatchEvent(message);
  }

  beforeEach(() => {
    posted.length = 0;
    vi.stubGlobal("parent", parent);
  });
  afterEach(() => void vi.unstubAllGlobals());

  it("takes who the customer is from the page that said hello, and from nobody else", () => {
    const site = embedding();
    const taken: OfCustomer[] = [];
    say({ kefu: "identify", token: "before hello" });
    say({ kefu: "hello" });
    say({ kefu: "identify", token: "early" });
    site.told((message) => taken.push(message));
    say({ kefu: "identify", token: "of another origin" }, "https://evil.example.com");
    say({ kefu: "hello" }, "https://evil.example.com");
    say({ kefu: "identify", token: "of another origin" }, "https://evil.example.com");
    say({ kefu: "identify", token: "of another window" }, SITE, window);
    say({ kefu: "identify", token: { toString: () => "an object" } });
    say({ kefu: "identify" });
    say({ kefu: "identify", token: null });
    expect(taken).toEqual([
      { kefu: "identify", token: "early" },
      { kefu: "identify", token: null },
    ]);
    site.askIdentity();
    expect(posted).toEqual([
      [{ kefu: "here" }, "*"],
      [{ kefu: "identify" }, SITE],
    ]);
  });

  it("takes of a profile what a message may carry", () => {
    const site = embedding();
    const taken: OfCustomer[] = [];
    site.told((message) => taken.push(message));
    say({ kefu: "hello" });
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`entry ${index}`, "x".repeat(999)]));
    say({ kefu: "profile", profile: { name: "Anya 😀", ["n".repeat(41)]: "x", empty: "", ...many } });
    say({ kefu: "profile", profile: "Anya" });
    const [claimed] = taken as { profile: Record<string, string> }[];
    expect(taken).toHaveLength(1);
    expect(claimed?.profile["name"]).toBe("Anya 😀");
    expect(Object.keys(claimed?.profile ?? {})).toHaveLength(10);
    expect(claimed?.profile["entry 1"]).toBe("x".repeat(200));
    expect(claimed?.profile).not.toHaveProperty("empty");
  });
});
