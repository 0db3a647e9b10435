/**
 * What a page keeps in the browser, under "kefu." in localStorage. Where storage is refused (a private window, a foreign
 * iframe with storage blocked), values last as long as the page.
 */
const memory = new Map<string, string>();

export function stored(name: string): string | null {
  try {
    return localStorage.getItem(`kefu.${name}`);
  } catch {
    return memory.get(name) ?? null;
  }
}

export function store(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`kefu.${name}`);
    else localStorage.setItem(`kefu.${name}`, value);
  } catch {
    if (value === null) memory.delete(name);
    else memory.set(name, value);
  }
}
