import type { PayloadFormat, Projection } from "@tandem-cdc/core";
import { type Except, JsonCanonical } from "./json-canonical.ts";
import {
  type Inside,
  integerAt,
  isNull,
  malformed,
  type Names,
  names,
  scanObject,
  skipSpace,
  skipValue,
  textAt,
} from "./json-scanner.ts";
import { TextCache } from "./text-cache.ts";

const OPEN = 0x7b;
const NULL = 0x6e;

/**
 * JSON. Paths are dotted (`source.gtid`); the last of equal names counts, as for JSON.parse. Where the payload is Connect's
 * schema envelope, an object of `schema` and `payload` and nothing else, its `payload` is the root. `bytes` is the raw
 * JSON of a field, so its white space and the order of its fields are part of it.
 */
export const jsonFormat: PayloadFormat = {
  name: "json",
  project: (_, fields, options) => new JsonProjection(planned(fields, options?.except)),
};

/** Lanes open often, and ask for the same fields each time. */
const plans = new WeakMap<readonly string[], Plan>();

function planned(fields: readonly string[], except: readonly string[] = []): Plan {
  const known = except.length === 0 ? plans.get(fields) : undefined;
  if (known !== undefined) return known;
  const plan = planOf(fields, except);
  if (except.length === 0) plans.set(fields, plan);
  return plan;
}

/** What is looked for in one object, and inside of its values. */
interface Layout {
  readonly names: Names;
  readonly inner: readonly (Layout | null)[];
}

function layoutOf(tree: Tree, last: readonly string[] = []): Layout {
  const keys = [...tree.keys(), ...last];
  const inner = keys.map((name) => {
    const inside = tree.get(name);
    return inside === undefined || inside.size === 0 ? null : layoutOf(inside);
  });
  return { names: names(...keys), inner };
}

/** Where in one object the names were found. */
class Scan implements Inside {
  readonly names: Names;
  readonly found: Int32Array;
  readonly inner: readonly (Scan | null)[];
  #used = true;

  constructor({ inner, names: wanted }: Layout) {
    this.names = wanted;
    this.found = new Int32Array(2 * wanted.list.length + 1).fill(-1);
    this.inner = inner.map((inside) => (inside === null ? null : new Scan(inside)));
  }

  read(bytes: Uint8Array, at: number): number {
    // Before the scan, which may throw half way.
    this.#used = true;
    const end = scanObject(bytes, at, this.names, this.found, this.inner);
    for (let n = 0; n < this.inner.length; n++) if (this.found[2 * n] === -1) this.inner[n]?.nothing();
    return end;
  }

  nothing(): void {
    if (!this.#used) return;
    this.#used = false;
    this.found.fill(-1);
    for (let n = 0; n < this.inner.length; n++) this.inner[n]?.nothing();
  }
}

/** Names, and those inside of them. */
type Tree = Map<string, Tree>;

function treeOf(paths: readonly (readonly string[])[]): Tree {
  const root: Tree = new Map();
  for (const path of paths) {
    let at = root;
    for (const name of path) {
      let inside = at.get(name);
      if (inside === undefined) at.set(name, (inside = new Map() as Tree));
      at = inside;
    }
  }
  return root;
}

/** Whether a path leads to something inside of the value at `outer`. */
function isInside(outer: readonly string[]): (path: readonly string[]) => boolean {
  return (path) => path.length > outer.length && outer.every((name, n) => path[n] === name);
}

function exceptOf(tree: Tree): Except {
  const inner = [...tree.values()].map((inside) => (inside.size === 0 ? null : exceptOf(inside)));
  return { names: names(...tree.keys()), inner };
}

/** Where a field's place is noted: at which index of the findings of the object that these names lead to; none: the root. */
interface Place {
  readonly inside: readonly number[] | null;
  readonly at: number;
}

/** What projections of the same fields share. */
interface Plan {
  readonly layout: Layout;
  readonly places: readonly Place[];
  readonly except: readonly Except[];
  /** `payload` or `schema` is asked for, so that nothing is an envelope. */
  readonly own: boolean;
  readonly whole: boolean;
}

function planOf(fields: readonly string[], except: readonly string[]): Plan {
  const paths = fields.map((field) => (field === "" ? [] : field.split(".")));
  const tree = treeOf(paths);
  const own = tree.has("payload") || tree.has("schema");
  const left = except.map((path) => path.split("."));
  return {
    layout: layoutOf(tree, own ? [] : ["payload", "schema"]),
    places: paths.map((path) => placeOf(tree, path)),
    except: paths.map((path) => exceptOf(treeOf(left.filter(isInside(path)).map((p) => p.slice(path.length))))),
    own,
    whole: fields.includes(""),
  };
}

function placeOf(tree: Tree, path: readonly string[]): Place {
  const indices: number[] = [];
  let inside: Tree | undefined = tree;
  for (const name of path) {
    indices.push([...(inside?.keys() ?? [])].indexOf(name));
    inside = inside?.get(name);
  }
  return { inside: path.length === 0 ? null : indices.slice(0, -1), at: 2 * (indices.at(-1) ?? 0) };
}

class JsonProjection implements Projection {
  readonly #root = new Int32Array(2).fill(-1);
  readonly #scan: Scan;
  /** By field: the findings of the object that it is in, the root's own where it is the root, and the index among them. */
  readonly #founds: readonly Int32Array[];
  readonly #ats: readonly number[];
  readonly #texts = new TextCache();
  /** By field: what `canonical` leaves out of its value. */
  readonly #except: readonly Except[];
  /** Places of `payload` and `schema` among the root's findings; -1 where one of them is asked for, so that it is no envelope. */
  readonly #payload: number;
  readonly #schema: number;
  readonly #whole: boolean;
  #canonical: JsonCanonical | undefined;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor({ except, layout, own, places, whole }: Plan) {
    this.#scan = new Scan(layout);
    const count = layout.names.list.length;
    this.#payload = own ? -1 : 2 * (count - 2);
    this.#schema = own ? -1 : 2 * (count - 1);
    this.#whole = whole;
    this.#founds = places.map(({ inside }) => (inside === null ? this.#root : this.#inside(inside).found));
    this.#ats = places.map(({ at }) => at);
    this.#except = except;
  }

  #inside(path: readonly number[]): Scan {
    return path.reduce((scan, index) => scan.inner[index] ?? scan, this.#scan);
  }

  read(payload: Uint8Array): void {
    this.#bytes = payload;
    const root = this.#root;
    const at = skipSpace(payload, 0);
    const object = payload[at] === OPEN;
    if (!object && !this.#whole) throw malformed("an object is expected");
    const end = object ? this.#scan.read(payload, at) : skipValue(payload, at);
    if (!object) this.#scan.nothing();
    if (skipSpace(payload, end) !== payload.length) throw malformed("something follows the value");
    root[0] = at;
    root[1] = end;
    if (object && this.#isEnvelope()) this.#unwrap();
  }

  #isEnvelope(): boolean {
    const { found } = this.#scan;
    if (this.#payload < 0 || found.at(-1) !== 2) return false;
    const schema = found[this.#schema] ?? -1;
    if (schema < 0 || (found[this.#payload] ?? -1) < 0) return false;
    // A row may have columns of these names: where no field tells it from an envelope, a schema has to look like one.
    return !this.#whole || this.#bytes[schema] === OPEN || this.#bytes[schema] === NULL;
  }

  #unwrap(): void {
    const { found } = this.#scan;
    const from = found[this.#payload] ?? -1;
    this.#root[0] = from;
    this.#root[1] = found[this.#payload + 1] ?? -1;
    if (this.#bytes[from] === OPEN) this.#scan.read(this.#bytes, from);
    else if (this.#whole) this.#scan.nothing();
    else throw malformed("an object is expected");
  }

  has(field: number): boolean {
    const at = this.#ats[field] ?? 0;
    return !isNull(this.#bytes, this.#found(field)[at] ?? -1);
  }

  text(field: number): string | null {
    const found = this.#found(field);
    const at = this.#ats[field] ?? 0;
    const from = found[at] ?? -1;
    if (isNull(this.#bytes, from)) return null;
    return this.#texts.text(field, this.#bytes, from, found[at + 1] ?? -1, textAt);
  }

  integer(field: number): number | null {
    const found = this.#found(field);
    const at = this.#ats[field] ?? 0;
    const from = found[at] ?? -1;
    return isNull(this.#bytes, from) ? null : integerAt(this.#bytes, from, found[at + 1] ?? -1);
  }

  bytes(field: number): Uint8Array | null {
    const found = this.#found(field);
    const at = this.#ats[field] ?? 0;
    const from = found[at] ?? -1;
    return isNull(this.#bytes, from) ? null : this.#bytes.subarray(from, found[at + 1]);
  }

  canonical(field: number): Uint8Array | null {
    const from = this.#found(field)[this.#ats[field] ?? 0] ?? -1;
    if (isNull(this.#bytes, from)) return null;
    this.#canonical ??= new JsonCanonical();
    return this.#canonical.of(this.#bytes, from, this.#except[field]);
  }

  /** Where the field's place is noted, at its index of `#ats`. */
  #found(field: number): Int32Array {
    return this.#founds[field] ?? this.#root;
  }
}
