/** The few signs the pages use, drawn on a grid of 24. They are decoration: whatever they stand for is said in words. */

const PATHS = {
  send: "M12 19V5m-6 6 6-6 6 6",
  stop: "M7 7h10v10H7z",
  up: "M7 11v9H4v-9zm0 0 4-8a2 2 0 0 1 2 2v4h5.5a2 2 0 0 1 2 2.3l-1.2 7A2 2 0 0 1 17.3 20H7",
  down: "M17 13V4h3v9zm0 0-4 8a2 2 0 0 1-2-2v-4H5.500a2 2 0 0 1-2-2.300l1.2-7A2 2 0 0 1 6.7 4H17",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7.5 8a7.5 7.5 0 0 1 15 0",
  close: "m6 6 12 12M18 6 6 18",
  fresh: "M12 5v14M5 12h14",
  menu: "M5 12h.01M12 12h.01M19 12h.01",
  trash: "M5 7h14m-9-3h4M7 7l1 13h8l1-13",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c-5 5-5 13 0 18 5-5 5-13 0-18",
  link: "M14 4h6v6m0-6-9 9M18 14v6H4V6h6",
  alert: "M12 8v5m0 3.500v.010M10.3 4 2.5 18a2 2 0 0 0 1.7 3h15.600a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0z",
  chat: "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
  book: "M4 5a2 2 0 0 1 2-2h13v15H6a2 2 0 0 0-2 2zm0 15a2 2 0 0 0 2 1h13v-3",
  clip: "m20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4L15 7",
  check: "m5 12 5 5 9-10",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon-svg" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
