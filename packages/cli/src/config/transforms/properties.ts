import { type Problem, problem } from "../problem.ts";

// Connect's flat properties, pasted as they are: `transforms=unwrap,route`, `transforms.unwrap.type=...`, `predicates=...`.

export interface Lifted {
  /** The text without those lines: as many lines as before. */
  readonly text: string;
  readonly properties: ReadonlyMap<string, string>;
}

const LINE = /^((?:transforms|predicates|errors)(?:\.[^\s=:]+)?)[ \t]*=[ \t]*(.*)$/;

/** Takes lines of properties out of a YAML text: no line of YAML begins so. */
export function liftProperties(text: string): Lifted {
  if (!/^(?:transforms|predicates|errors)[^\s:]*[ \t]*=/m.test(text)) return { text, properties: new Map() };
  const lines = text.split("\n");
  const properties = new Map<string, string>();
  for (let i = 0; i < lines.length; i++) {
    // A comment of properties files.
    if (lines[i]?.startsWith("!") === true) lines[i] = "";
    const match = LINE.exec((lines[i] ?? "").replace(/\r$/, ""));
    if (match === null) continue;
    let value = match[2] ?? "";
    lines[i] = "";
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(value) && i + 1 < lines.length) {
      i++;
      value = value.slice(0, -1) + (lines[i] ?? "").replace(/\r$/, "").trimStart();
      lines[i] = "";
    }
    properties.set(match[1] ?? "", unescaped(value));
  }
  return { text: lines.join("\n"), properties };
}

/** A whole text of properties, as a block of the file may hold it. */
export function propertiesOf(text: string): ReadonlyMap<string, string> {
  return liftProperties(text).properties;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f" };

/** Java's escapes of properties files. */
function unescaped(value: string): string {
  return value
    .trimEnd()
    .replace(/\\u([0-9a-fA-F]{4})|\\(.)/g, (_, code: string | undefined, one: string) =>
      code === undefined ? (ESCAPES[one] ?? one) : String.fromCharCode(Number.parseInt(code, 16)),
    );
}

type Group = Record<string, unknown>;

function isGroup(value: unknown): value is Group {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function names(value: unknown): readonly string[] {
  return typeof value === "string"
    ? value
        .split(",")
        .map((each) => each.trim())
        .filter((each) => each !== "")
    : [];
}

/** Options of each of the names, by the flat keys `<kind>.<name>.<option>`. The longest name that fits has an option. */
function optionsByName(
  kind: "transforms" | "predicates",
  listed: readonly string[],
  flat: ReadonlyMap<string, unknown>,
  problems: Problem[],
): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>(listed.map((name) => [name, {}]));
  for (const [key, value] of flat) {
    if (!key.startsWith(`${kind}.`)) continue;
    const rest = key.slice(kind.length + 1);
    const name = listed.filter((each) => rest.startsWith(`${each}.`)).toSorted((a, b) => b.length - a.length)[0];
    const group = name === undefined ? undefined : groups.get(name);
    if (name === undefined || group === undefined)
      problems.push(problem([key], `belongs to no name of "${kind}" (${listed.join(", ") || "which names none"})`));
    else group[rest.slice(name.length + 1)] = value;
  }
  return groups;
}

export interface Normalised {
  readonly document: Group;
  readonly problems: readonly Problem[];
}

/** The document in our form: `transforms` a list, `predicates` a group, whatever Connect's form they were given in. */
export function withConnectProperties(
  given: Group,
  lifted: ReadonlyMap<string, string>,
  errorProperties: Readonly<Record<string, readonly string[]>>,
): Normalised {
  const document: Group = { ...given };
  const problems: Problem[] = [];
  const flat = new Map<string, unknown>(lifted);
  for (const kind of ["transforms", "predicates"] as const) {
    const block = document[kind];
    if (typeof block === "string" && (block.includes("=") || block.includes("\n"))) {
      for (const [key, value] of propertiesOf(block)) flat.set(key, value);
      delete document[kind];
    }
  }
  for (const key of Object.keys(document))
    if (/^(?:transforms|predicates|errors)\./.test(key)) {
      flat.set(key, document[key]);
      delete document[key];
    }
  if (typeof document["transforms"] === "string" || flat.has("transforms")) {
    const listed = names(flat.get("transforms") ?? document["transforms"]);
    const groups = optionsByName("transforms", listed, flat, problems);
    document["transforms"] = listed.map((name) => Object.assign({ name }, groups.get(name)));
  } else optionsByName("transforms", [], flat, problems);
  if (typeof document["predicates"] === "string" || flat.has("predicates")) {
    const listed = names(flat.get("predicates") ?? document["predicates"]);
    document["predicates"] = Object.fromEntries(optionsByName("predicates", listed, flat, problems));
  } else optionsByName("predicates", [], flat, problems);
  for (const [key, value] of flat)
    if (key.startsWith("errors.")) putError(document, key, value, errorProperties, problems);
  return { document, problems };
}

function putError(
  document: Group,
  key: string,
  value: unknown,
  known: Readonly<Record<string, readonly string[]>>,
  problems: Problem[],
): void {
  const path = Object.hasOwn(known, key) ? known[key] : undefined;
  if (path === undefined) {
    problems.push(problem([key], `is no property of Connect's error policy; known: ${Object.keys(known).join(", ")}`));
    return;
  }
  let at = document;
  for (const part of path.slice(0, -1)) {
    const inner = at[part];
    const next: Group = isGroup(inner) ? { ...inner } : {};
    at[part] = next;
    at = next;
  }
  at[path.at(-1) ?? ""] = value;
}
