/** A run over golden questions at the desk: nobody stops it without being asked, and it says who began it. */

import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";

import { GoldenRun_State, GoldenRun_Trigger } from "../../src/gen/kefu/router/v1/golden_pb.ts";
import { company, go, onStage, open, root, see } from "./stage.tsx";

onStage();

const asked = () => root.querySelector("dialog h2")?.textContent ?? null;

async function press(name: string): Promise<void> {
  const button = () => [...root.querySelectorAll("button")].filter((one) => one.textContent.trim() === name).at(-1);
  await vi.waitFor(() => expect(button()?.disabled).toBe(false), { timeout: 10_000 });
  await act(async () => button()!.click());
}

/** Whether the browser would ask before the tab goes. */
const browserAsks = () => !dispatchEvent(new Event("beforeunload", { cancelable: true }));

test("whoever leaves the page of a run is asked first, and the run goes on while they stay", async () => {
  await open("#/golden");
  await press("Ask all");
  await see(/Asking: 1 of 2/);
  expect(browserAsks()).toBe(true);
  await go("#/numbers");
  await vi.waitFor(() => expect(asked()).toBe("Stop the run?"));
  expect(location.hash).toBe("#/golden");
  await press("Cancel");
  expect(asked()).toBeNull();
  expect(company.golden.stopped).toBe(0);
  await see(/Asking: 1 of 2/);
  await go("#/golden/runs");
  await press("Stop and leave");
  await see(/No runs yet/);
  expect(location.hash).toBe("#/golden/runs");
  await vi.waitFor(() => expect(company.golden.stopped).toBe(1));
  expect(browserAsks()).toBe(false);
});

test("nobody is asked before a run, or after it", async () => {
  await open("#/golden");
  await see(/How long\? \(refunds\)/);
  expect(browserAsks()).toBe(false);
  await press("Ask all");
  await see(/Asking: 1 of 2/);
  company.golden.finish();
  await see(/2 of 2 right/);
  expect(browserAsks()).toBe(false);
  await go("#/golden/runs");
  await see(/No runs yet/);
  expect(asked()).toBeNull();
});

test("a run that ends while somebody is asked leaves them where they are, and asks no more", async () => {
  await open("#/golden");
  await press("Ask all");
  await see(/Asking: 1 of 2/);
  await go("#/numbers");
  await vi.waitFor(() => expect(asked()).toBe("Stop the run?"));
  company.golden.finish();
  await see(/2 of 2 right/);
  expect([asked(), location.hash]).toEqual([null, "#/golden"]);
});

const begunBy = () => [...root.querySelectorAll("tbody tr")].map((row) => row.querySelector("td")?.textContent);

test.each([
  ["kefu_admin", ["–", "the nightly run", "Shop's key", "Support desk"]],
  ["kefu_lead", ["–", "the nightly run", "keys/0a1b", "keys/kefu_admin"]],
])("the list of runs names who began each as the audit log does, to %s", async (key, names) => {
  company.golden.ran({ author: "tenants/songlu/keys/kefu_admin" });
  company.golden.ran({ author: "tenants/songlu/keys/0a1b" });
  company.golden.ran({ trigger: GoldenRun_Trigger.NIGHT });
  company.golden.ran({ state: GoldenRun_State.STOPPED });
  await open("#/golden/runs", key);
  await vi.waitFor(() => expect(begunBy()).toEqual(names), { timeout: 10_000 });
});
