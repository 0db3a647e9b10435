import { beforeEach, expect, it, vi } from "vitest";

const half = { plainText: (source: string) => source.replaceAll("*", "") };
let lazy: typeof import("../src/chat/lazy.ts");

beforeEach(async () => {
  vi.resetModules();
  lazy = await import("../src/chat/lazy.ts");
});

it("the half that shows answers is loaded once, and only when it is asked for", async () => {
  const load = vi.fn(async () => half);
  const answers = lazy.setLoader(load);
  expect(load).not.toHaveBeenCalled();
  lazy.loadAnswers();
  lazy.loadAnswers();
  expect(answers.value).toBeNull();
  await vi.waitFor(() => expect(answers.value).toBe(half));
  lazy.loadAnswers();
  expect(load).toHaveBeenCalledOnce();
});

it("a half that could not be loaded is asked for again", async () => {
  const load = vi.fn(async () => half);
  load.mockRejectedValueOnce(new TypeError("offline"));
  const answers = lazy.setLoader(load);
  lazy.loadAnswers();
  await vi.waitFor(() => {
    lazy.loadAnswers();
    expect(answers.value).toBe(half);
  });
  expect(load).toHaveBeenCalledTimes(2);
});

it("nothing is loaded where nobody has said how", () => {
  lazy.loadAnswers();
  expect(lazy.answers.value).toBeNull();
});
