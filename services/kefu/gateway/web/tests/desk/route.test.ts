/** Addresses of the console's pages. */

import { expect, test } from "vitest";

import { hrefOf, parseRoute } from "../../src/desk/shared/route.ts";

test("an address and the page it names are the same thing", () => {
  expect(parseRoute(hrefOf("knowledge", "help", "documents", "ab/c 1"))).toEqual({ section: "knowledge", rest: ["help", "documents", "ab/c 1"] });
});

test.each(["", "#", "#/nonsense/1", "#main"])("%o is the inbox", (hash) => {
  expect(parseRoute(hash)).toEqual({ section: "inbox", rest: [] });
});

test("an address that was typed wrong is read as far as it goes", () => {
  expect(parseRoute("#/inbox/100%")).toEqual({ section: "inbox", rest: ["100%"] });
});
