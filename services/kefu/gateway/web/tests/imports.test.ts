// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, Visitor } from "vite";
import { describe, expect, it } from "vitest";
import config from "../vite.config.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["src", "client/src"];
const ALIASES = config.resolve?.alias as Record<string, string>;

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** What a module names of others: static, dynamic and type imports, and exports of another module's names. */
function specifiersOf(name: string, source: string): string[] {
  const { program, errors } = parseSync(name, source);
  expect(errors, name).toEqual([]);
  const found: string[] = [];
  const take = ({ source }: { source: unknown }) => {
    const specifier = (source as { value?: unknown } | null)?.value;
    if (typeof specifier === "string") found.push(specifier);
    else if (source) throw new Error(`${name} imports a module whose name is computed`);
  };
  new Visitor({
    ImportDeclaration: take,
    ImportExpression: take,
    TSImportType: take,
    ExportAllDeclaration: take,
    ExportNamedDeclaration: take,
  }).visit(program);
  return found;
}

/** The modules of the pages and the client, each with those of them that it imports. */
function importGraph(): Graph {
  const modules = new Set(
    FOLDERS.flatMap((folder) =>
      readdirSync(resolve(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => /\.tsx?$/.test(file))
        .map((file) => resolve(ROOT, folder, file)),
    ),
  );
  const short = (module: string) => relative(ROOT, module).split(sep).join("/");
  const graph = new Map<string, Set<string>>();
  for (const module of modules) {
    const imported = new Set<string>();
    for (const specifier of specifiersOf(module, readFileSync(module, "utf8"))) {
      const path = ALIASES[specifier] ?? (specifier.startsWith(".") ? resolve(dirname(module), specifier) : null);
      if (path === null || /\.(css|md)(\?|$)/.test(path)) continue; // a package, a style sheet or a text
      const found = [path, path.replace(/\.js$/, ".ts")].find((one) => modules.has(one));
      if (!found) throw new Error(`${short(module)} imports "${specifier}", which is not among the modules`);
      imported.add(short(found));
    }
    graph.set(short(module), imported);
  }
  return graph;
}

/** The circles that a walk of the graph meets, each as the modules on it; none if and only if the graph has none. */
function circlesOf(graph: Graph): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (module: string, way: readonly string[]) => {
    const since = way.indexOf(module);
    if (since >= 0) circles.push([...way.slice(since), module].join(" → "));
    if (since >= 0 || done.has(module)) return;
    for (const next of graph.get(module) ?? []) visit(next, [...way, module]);
    done.add(module);
  };
  for (const module of graph.keys()) visit(module, []);
  return circles;
}

describe("imports", () => {
  it("go in no circle", () => {
    const graph = importGraph();
    expect(graph.get("src/chat/page.tsx")).toContain("src/chat/answers.ts"); // a dynamic import is seen
    expect(graph.get("src/chat/main.tsx")).toContain("client/src/index.ts"); // and so is the client
    expect(circlesOf(graph)).toEqual([]);
  });

  it("are found in each form", () => {
    const forms = [
      'import { a } from "./static.ts";',
      'import "./effects.ts";',
      'import type { B } from "./type.ts";',
      'export { c } from "./named.ts";',
      'export * from "./all.ts";',
      'const later = () => import("./dynamic.ts");',
      'type Later = typeof import("./typeof.ts");',
      'export const text = `import "./text.ts"`; // import "./comment.ts"',
    ];
    expect(specifiersOf("forms.ts", forms.join("\n"))).toEqual(
      ["static", "effects", "type", "named", "all", "dynamic", "typeof"].map((name) => `./${name}.ts`),
    );
  });

  it("that go in a circle are told", () => {
    const graph = new Map(
      Object.entries({ a: ["b", "d"], b: ["c"], c: ["b", "d"], d: ["e"], e: [], f: ["f"] }).map(([from, to]) => [from, new Set(to)]),
    );
    expect(circlesOf(graph)).toEqual(["b → c → b", "f → f"]);
  });
});
