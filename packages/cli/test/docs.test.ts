import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { refreshed } from "../src/config/reference.ts";
import { transformsPage } from "../src/config/transforms/reference.ts";
import { parse } from "./support.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const PAGES = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(ROOT, path)));

/** Code blocks of all pages that follow this mark. */
function blocks(mark: RegExp): { readonly page: string; readonly about: string; readonly text: string }[] {
  const block = new RegExp(`<!-- ${mark.source} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``, "g");
  return PAGES.flatMap((page) =>
    [...read(page).matchAll(block)].map(([, about = "", text = ""]) => ({ page, about, text })),
  );
}

describe("the pages", () => {
  const cuts = blocks(/cut from (\S+)/);
  it.each(cuts)("$page: a block stands word for word in $about", ({ about, text }) => {
    expect(read(about)).toContain(text);
  });
  it("cut their code", () => {
    const pages = cuts.map(({ page }) => page);
    for (const name of [
      "admin",
      "avro",
      "core",
      "debezium",
      "dedup",
      "kafka",
      "keystore-cassandra",
      "keystore-level",
      "keystore-redis",
      "keystore-rocksdb",
      "metrics",
    ])
      expect(pages).toContain(`packages/${name}/README.md`);
    for (const page of ["README.md", "docs/write-a-key-store.md"]) expect(pages).toContain(page);
    for (const page of PAGES)
      expect(read(page).match(/^```ts$/gm)?.length ?? 0, page).toBe(cuts.filter((cut) => cut.page === page).length);
  });

  const configurations = blocks(/checked: (a valid configuration)/);
  it.each(configurations)("$page: a configuration is valid", ({ text }) => {
    expect(() => parse(text)).not.toThrow();
  });
  it("check their configurations", () => {
    expect(configurations.length).toBeGreaterThanOrEqual(10);
  });

  it.each(PAGES)("%s: its links lead to files and headings that exist", (page) => {
    for (const [, target = ""] of read(page).matchAll(/\]\((?!https?:|#)([^)\s]+)\)/g)) {
      const [path = "", heading] = target.split("#");
      const file = join(dirname(page), path);
      expect(existsSync(join(ROOT, file)), `${page} -> ${target}`).toBe(true);
      if (heading === undefined) continue;
      const anchors = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
        text
          .toLowerCase()
          .replace(/[^\w\s-]/g, "")
          .replaceAll(" ", "-"),
      );
      expect(anchors, `${page} -> ${target}`).toContain(heading);
    }
  });
});

it("docs/configuration.md is what the schema says (npm run docs)", () => {
  const page = read("docs/configuration.md");
  expect(page.match(/<!-- generated: /g)).toHaveLength(2);
  expect(page).toBe(refreshed(page));
});

it("every page of docs/ is in the sidebar of the site", () => {
  const listed = [...read("docs/.vitepress/pages.ts").matchAll(/"?([a-z-]+)"?: "/g)].map(([, name]) => name);
  const pages = PAGES.filter((page) => /^docs\/[^/]+\.md$/.test(page)).map((page) => page.slice(5, -3));
  for (const page of pages) expect(listed, page).toContain(page);
});

it("docs/transforms.md is what the declarations say (npm run docs)", () => {
  expect(read("docs/transforms.md")).toBe(transformsPage());
});

it("docs/getting-started.md says of every error code what to do, and of no other", () => {
  const codes = [
    ...(/export type ErrorCode =([\s\S]*?);/.exec(read("packages/core/src/errors.ts"))?.[1] ?? "").matchAll(
      /"([A-Z_]+)"/g,
    ),
  ];
  const rows = [...read("docs/getting-started.md").matchAll(/^\| `([A-Z_]+)` \| .+ \| .+ \|$/gm)];
  expect(codes.length).toBeGreaterThan(20);
  expect(rows.map(([, code]) => code)).toHaveLength(codes.length);
  expect(new Set(rows.map(([, code]) => code))).toEqual(new Set(codes.map(([, code]) => code)));
});
