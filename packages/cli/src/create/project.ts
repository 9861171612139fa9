import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { TandemError } from "@tandem-cdc/core";

/** Files that go by another name here: npm would take them for its own. */
const NAMES: Readonly<Record<string, string>> = { gitignore: ".gitignore", "package.template.json": "package.json" };

/** What a project can be written of: the folders of `templates/`. */
export const KINDS = ["transform", "keystore", "processor"] as const;
export type Kind = (typeof KINDS)[number];

const TEMPLATES = fileURLToPath(new URL("../../templates", import.meta.url));
/** A package's name, as npm takes it, that begins with a letter. */
const NAME = /^(?:@[a-z0-9][a-z0-9._-]*\/)?([a-z][a-z0-9._-]*)$/;

export interface Project {
  readonly folder: string;
  /** Relative to it. */
  readonly files: readonly string[];
}

/** Writes a project into a folder of its own, named like it. Never writes over anything. */
export function writeProject(
  kind: Kind,
  name: string,
  { parent, version }: { parent: string; version: string },
): Project {
  const short = NAME.exec(name)?.[1];
  if (short === undefined)
    throw new TandemError(
      "CONFIG_INVALID",
      `"${name}" cannot be the name of a project: give an npm package's name in small letters, such as mask-cards or @acme/mask-cards`,
    );
  const folder = resolve(parent, short);
  if (existsSync(folder))
    throw new TandemError(
      "CONFIG_INVALID",
      `${folder} is there already, and nothing is written over: choose another name, or another place with --in`,
    );
  const words: Words = { name, short, type: typeOf(short), version };
  const template = join(TEMPLATES, kind);
  const files = readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(template.length + 1))
    .sort();
  const written = files.map((file) => {
    const to = NAMES[file] ?? file;
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    writeFileSync(join(folder, to), filled(readFileSync(join(template, file), "utf8"), words), { flag: "wx" });
    return to;
  });
  return { folder, files: written };
}

/** What stands in templates as `{{word}}`. */
interface Words {
  readonly name: string;
  readonly short: string;
  readonly type: string;
  readonly version: string;
}

function filled(text: string, words: Words): string {
  return text.replaceAll(/\{\{(name|short|type|version)\}\}/g, (_, word: keyof Words) => words[word]);
}

/** `mask-cards`: `MaskCards`. */
function typeOf(short: string): string {
  return short
    .split(/[._-]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}
