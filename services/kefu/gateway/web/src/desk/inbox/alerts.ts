/** Calling whoever sits here: the tab's title counts who waits, and a sound comes with each new one if it is wished for. */

import { effect, signal } from "@preact/signals";

import { store, stored } from "../../shared/storage.ts";
import { t } from "../texts.ts";
import { attention, calls } from "./desk_state.ts";
import { desk } from "./live.ts";

/** Off until somebody turns it on: then the click also lets the browser play it. */
export const sound = signal(stored("desk.sound") === "on");

let audio: AudioContext | null = null;

export function setSound(on: boolean): void {
  store("desk.sound", on ? "on" : null);
  sound.value = on;
  if (on) ring();
}

/** Keeps the title, and rings, until the returned function is called. */
export function callFor(agent: string): () => void {
  let known: ReadonlySet<string> | null = null;
  return effect(() => {
    const count = attention(desk.value, agent);
    document.title = count > 0 ? `(${count}) ${t("deskTitle")}` : t("deskTitle");
    if (!desk.value.known) return;
    const calling = calls(desk.value, agent);
    const isNew = known !== null && [...calling].some((call) => !known?.has(call));
    known = calling;
    if (isNew && sound.peek()) ring();
  });
}

/** Two soft tones, made here: no file to load. */
function ring(): void {
  audio ??= new AudioContext();
  const context = audio;
  void context.resume().then(() => {
    for (const [index, frequency] of [660, 880].entries()) {
      const start = context.currentTime + index * 0.14;
      const [tone, volume] = [context.createOscillator(), context.createGain()];
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.12, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.3);
      tone.connect(volume).connect(context.destination);
      tone.start(start);
      tone.stop(start + 0.32);
    }
  });
}
