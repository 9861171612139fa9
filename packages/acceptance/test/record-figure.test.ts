import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordFigure } from "@tandem-cdc/acceptance";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
let document: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-figure-"));
  document = join(folder, "acceptance.md");
});
afterEach(() => rmSync(folder, { recursive: true }));

const written = (): string => readFileSync(document, "utf8");

describe("a recorded figure", () => {
  it("makes the document and its section", () => {
    recordFigure("Crashes", ["one", "two"], document);
    expect(written()).toMatch(
      /^# Acceptance\n[^]+\n\n<!-- begin: Crashes -->\n## Crashes\n\none\ntwo\n<!-- end: Crashes -->\n$/,
    );
  });

  it("replaces its own section where it stands, and nothing else", () => {
    recordFigure("A", ["old"], document);
    recordFigure("B", ["stays"], document);
    writeFileSync(document, `${written()}\nBy hand.\n`);
    const before = written();
    recordFigure("A", ["new $& $1"], document);
    expect(written()).toBe(before.replace("old", () => "new $& $1"));
  });

  it("refuses a document whose markers are broken", () => {
    writeFileSync(document, "<!-- begin: A -->\nno end\n");
    expect(() => recordFigure("A", ["x"], document)).toThrow(/not a pair/);
    expect(written()).toBe("<!-- begin: A -->\nno end\n");
  });
});
