/** The console's own signs, in the manner of ../../shared/icons.tsx: decoration, whatever they stand for is said in words. */

const PATHS = {
  inbox: "M4 13h4l2 3h4l2-3h4M5 5h14l2 8v5a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 3 18v-5z",
  question: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.700m0 3v.010",
  book: "M4 5a2 2 0 0 1 2-2h13v15H6a2 2 0 0 0-2 2zm0 15a2 2 0 0 0 2 1h13v-3",
  chart: "M4 20h16M7 16v-5m5 5V6m5 10v-8",
  gear: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm8-3-2-.700a6 6 0 0 0-.600-1.500l.900-1.900-2.100-2.100-1.900.900a6 6 0 0 0-1.500-.600L12 4l-.700 2.100a6 6 0 0 0-1.500.600l-1.900-.900-2.100 2.100.900 1.900a6 6 0 0 0-.600 1.500L4 12l2.100.700a6 6 0 0 0 .600 1.500l-.900 1.900 2.100 2.100 1.900-.900a6 6 0 0 0 1.500.600L12 20l.700-2.100a6 6 0 0 0 1.500-.600l1.900.900 2.100-2.100-.900-1.900a6 6 0 0 0 .600-1.500z",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2 4.500 4.500",
  upload: "M12 16V5m-5 5 5-5 5 5M5 19h14",
  download: "M12 5v11m-5-5 5 5 5-5M5 19h14",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  back: "M19 12H5m6-6-6 6 6 6",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zm4 5h4",
  mute: "M6 16V11a6 6 0 0 1 9-5.200M18 11v5l2 2H8M4 4l16 16M10 21h4",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  leave: "M14 4h5v16h-5M4 12h10m-4-4 4 4-4 4",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zm0-14v5l3 2",
  plus: "M12 5v14M5 12h14",
  file: "M6 3h8l4 4v14H6zm8 0v4h4",
  sparkle: "M12 4l1.800 5.200L19 11l-5.200 1.800L12 18l-1.800-5.200L5 11l5.200-1.800z",
  star: "M12 3.500l2.600 5.300 5.900.900-4.200 4.100 1 5.800L12 16.900l-5.300 2.700 1-5.800-4.200-4.100 5.900-.900z",
  flow: "M5 4h6v5H5zm8 11h6v5h-6zM8 9v8.500h5",
  branch: "M12 20v-6m0 0L6 8m6 6 6-6M6 12V8h4m8 4V8h-4",
  otherwise: "M6 4v8a4 4 0 0 0 4 4h8m-4-4 4 4-4 4",
  say: "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
  act: "M13 3 5 14h6l-1 7 8-11h-6z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7.500 8a7.500 7.500 0 0 1 15 0",
  check: "M5 12.500l4.500 4.500L19 7.500",
  end: "M7 7h10v10H7z",
  redo: "M19 8v4h-4M19 12a7 7 0 1 0-2 5",
} as const;

export type DeskIconName = keyof typeof PATHS;

export function DeskIcon({ name }: { name: DeskIconName }) {
  return (
    <svg class="icon-svg" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
