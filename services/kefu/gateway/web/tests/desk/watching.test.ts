/** Calls that never end are begun anew when lost, and given up when refused. */

import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";

import { watching } from "../../src/desk/inbox/watching.ts";

const SOON = { firstMs: 1, mostMs: 2 };

test("a lost call is made again, until its caller is done", async () => {
  const abort = new AbortController();
  const seen: string[] = [];
  let opened = 0;
  await watching<string>(
    {
      open: async function* () {
        opened += 1;
        yield `event ${opened}`;
        if (opened < 3) throw new ConnectError("gone", Code.Unavailable);
        abort.abort();
      },
      event: (event) => seen.push(event),
      lost: () => seen.push("lost"),
      refused: () => seen.push("refused"),
    },
    abort.signal,
    SOON,
  );
  expect(seen).toEqual(["event 1", "lost", "event 2", "lost", "event 3"]);
});

test("a call that ends by itself counts as lost", async () => {
  const abort = new AbortController();
  let opened = 0;
  await watching<string>(
    {
      open: async function* () {
        opened += 1;
        if (opened === 2) abort.abort();
      },
      event: () => undefined,
      refused: () => expect.unreachable(),
    },
    abort.signal,
    SOON,
  );
  expect(opened).toBe(2);
});

test.each([Code.PermissionDenied, Code.NotFound])("a refused call (%i) is not made again", async (code) => {
  const refused: unknown[] = [];
  let opened = 0;
  await watching<string>(
    {
      open: async function* () {
        opened += 1;
        throw new ConnectError("no", code);
      },
      event: () => undefined,
      refused: (error) => refused.push(error),
    },
    new AbortController().signal,
    SOON,
  );
  expect([opened, refused.length]).toEqual([1, 1]);
});

test("a call whose token has ended is made again with a fresh one, and given up when that is refused too", async () => {
  const seen: string[] = [];
  let opened = 0;
  await watching<string>(
    {
      open: async function* () {
        opened += 1;
        if (opened < 4) yield `event ${opened}`;
        throw new ConnectError("ended", Code.Unauthenticated);
      },
      event: (event) => seen.push(event),
      refused: () => seen.push("refused"),
    },
    new AbortController().signal,
    SOON,
  );
  expect(seen).toEqual(["event 1", "event 2", "event 3", "refused"]);
});
