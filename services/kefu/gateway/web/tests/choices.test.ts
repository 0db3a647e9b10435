import { expect, it } from "vitest";
import { withoutChoices } from "../src/chat/choices.ts";

const CHOICES = ["Gift cards › Validity", "None of these: a person"];
const ASKED = "Did you mean one of these?";

it("leaves out of the text what the buttons say", () => {
  expect(withoutChoices(`${ASKED}\n1. ${CHOICES[0]}\n2. ${CHOICES[1]}`, CHOICES)).toBe(ASKED);
});

it("leaves any other text as it is", () => {
  expect(withoutChoices(ASKED, CHOICES)).toBe(ASKED);
  expect(withoutChoices(`${ASKED}\n1. Other`, CHOICES)).toBe(`${ASKED}\n1. Other`);
});
