import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const DOCUMENT = fileURLToPath(new URL("../../../docs/acceptance.md", import.meta.url));

const HEAD = `# Acceptance

What \`npm run acceptance\` saw on real servers, with full counts. Each section is written by its test, between its markers.
`;

/** Writes a section of docs/acceptance.md, in the place of the section of that name if there is one. */
export function recordFigure(section: string, lines: readonly string[], document: string = DOCUMENT): void {
  const [begin, end] = [`<!-- begin: ${section} -->`, `<!-- end: ${section} -->`];
  const text = existsSync(document) ? readFileSync(document, "utf8") : HEAD;
  const block = `${begin}\n## ${section}\n\n${lines.join("\n")}\n${end}`;
  mkdirSync(dirname(document), { recursive: true });
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 && to === -1) return writeFileSync(document, `${text.trimEnd()}\n\n${block}\n`);
  if (from === -1 || to < from)
    throw new Error(`${document}: the markers of section "${section}" are not a pair: repair them by hand`);
  writeFileSync(document, text.slice(0, from) + block + text.slice(to + end.length));
}
