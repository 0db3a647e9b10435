/** The accent colour: any "#rrggbb", made darker or lighter until text and controls in it are legible (WCAG 4.5:1). */

type Rgb = [number, number, number];

const LIGHT_PAPER: Rgb = [241, 239, 235]; // --sunken, the darkest a text stands on in the light
const DARK_PAPER: Rgb = [42, 42, 39]; // and the lightest in the dark
const NEEDED = 4.6;

export function applyAccent(accent: string | undefined, root: HTMLElement = document.documentElement): void {
  const color = parse(accent ?? "");
  if (!color) return;
  const light = legible(color, LIGHT_PAPER, [0, 0, 0]);
  const dark = legible(color, DARK_PAPER, [255, 255, 255]);
  root.style.setProperty("--accent-on-light", css(light));
  root.style.setProperty("--accent-on-dark", css(dark));
  root.style.setProperty("--text-on-accent-light", css(textOn(light)));
  root.style.setProperty("--text-on-accent-dark", css(textOn(dark)));
}

/** The color, moved towards `end` in steps until it stands out from `paper`. */
export function legible(color: Rgb, paper: Rgb, end: Rgb): Rgb {
  for (let step = 0; step <= 20; step++) {
    const moved = color.map((part, index) => Math.round(part + ((end[index] ?? 0) - part) * (step / 20))) as Rgb;
    if (contrast(moved, paper) >= NEEDED) return moved;
  }
  return end;
}

export function parse(text: string): Rgb | null {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  return found ? (found.slice(1).map((part) => Number.parseInt(part, 16)) as Rgb) : null;
}

/** WCAG's contrast ratio, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function textOn(color: Rgb): Rgb {
  return contrast(color, [255, 255, 255]) >= contrast(color, [16, 24, 22]) ? [255, 255, 255] : [16, 24, 22];
}

function css(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
