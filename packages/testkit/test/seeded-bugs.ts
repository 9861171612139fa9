import { fileURLToPath } from "node:url";
import { createViteServer } from "vitest/node";
import type * as Testkit from "../src/index.ts";

/** One line of the real code, done wrong. */
export interface SeededBug {
  readonly title: string;
  /** Below `packages`. */
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
  /** The first seed that showed it when this was written. */
  readonly seed: number;
}

/** In the runtime, the packed store, dedup and its identity. `right` has to stand in its file exactly once. */
export const SEEDED_BUGS: readonly SeededBug[] = [
  {
    title: "claims that count as made before the store has them",
    file: "core/src/claims/packed.ts",
    right: "claims, tables);\n    await this.#append(lane, made, signal);",
    wrong: "claims, tables);\n    void this.#append(lane, made, signal).catch(() => undefined);",
    seed: 32,
  },
  {
    title: "the owner rule as a boolean: a key that exists is a duplicate",
    file: "core/src/claims/packed.ts",
    right: "owners.coordinates[i] = table.coordinate(entry);\n      owners.fingerprints[i]",
    wrong:
      "owners.coordinates[i] = table.won ? coordinate : Math.max(0, coordinate - 1);\n      owners.fingerprints[i]",
    seed: 1,
  },
  {
    title: "the larger coordinate wins",
    file: "core/src/claims/claim-table.ts",
    right: "this.won = coordinate < (this.#coordinates[slot] ?? 0);",
    wrong: "this.won = coordinate > (this.#coordinates[slot] ?? 0);",
    seed: 1,
  },
  {
    title: "a table that is kept when its lane is revoked",
    file: "core/src/claims/packed.ts",
    right: "    this.#tables.drop(lane);\n",
    wrong: "",
    seed: 1,
  },
  {
    title: "appends that nobody has acknowledged are forgotten",
    file: "core/src/claims/packed.ts",
    right: "[...(this.#unacknowledged.get(id) ?? []), ...made]",
    wrong: "[...made]",
    seed: 1,
  },
  {
    title: "no rewind after an abort",
    file: "core/src/runtime/runtime.ts",
    right: "    if (!this.#stopping) await this.#rewind(this.#lanes.all);\n",
    wrong: "",
    seed: 2,
  },
  {
    title: "prepared work outlives its lane",
    file: "core/src/runtime/lanes.ts",
    right: "    this.#runtime.forget(runners);\n",
    wrong: "",
    seed: 4,
  },
  {
    title: "lanes that are revoked go on",
    file: "core/src/runtime/runtime.ts",
    right: "      await this.#lanes.end(lanes);\n      for (const lane of lanes) this.#interrupted",
    wrong: "      for (const lane of lanes) this.#interrupted",
    seed: 66,
  },
  {
    title: "the producer is kept after an unknown outcome",
    file: "core/src/runtime/runtime.ts",
    right: 'error instanceof TransactionError && error.fate === "fatal" ? error : null;',
    wrong: "null;",
    seed: 369,
  },
  {
    title: "the floor is ignored",
    file: "core/src/runtime/lane-start.ts",
    right: "  if (apart !== null) return apart;\n",
    wrong: "",
    seed: 10,
  },
  {
    title: "the anchor is ignored",
    file: "core/src/runtime/lane-start.ts",
    right: "    if (found.checksum === anchor.checksum && found.timestamp === anchor.timestamp) return;",
    wrong: "    return;",
    seed: 83,
  },
  {
    title: "a transaction commits where its lanes began",
    file: "core/src/runtime/runtime.ts",
    right: "this.transport.commit([...lastOfEachLane(units).values()].map(progressOf))",
    wrong:
      "this.transport.commit(units.filter((unit, i) => units.findIndex((u) => u.runner === unit.runner) === i).map(progressOf))",
    seed: 1,
  },
  {
    title: "a batch overtakes the one that failed",
    file: "core/src/runtime/lane-runner.ts",
    right: "if (this.ended || this.#failed || batch.length === 0) return;",
    wrong: "if (this.ended || batch.length === 0) return;",
    seed: 9,
  },
  {
    title: "a paused pipeline takes up what was read",
    file: "core/src/runtime/lane-runner.ts",
    right: "    if (this.#options.onHold()) return undefined;\n",
    wrong: "",
    seed: 2,
  },
  {
    title: "a paused lane is never resumed",
    file: "core/src/runtime/runtime.ts",
    right: "    this.transport.resume([runner.lane]);\n",
    wrong: "",
    seed: 4,
  },
  {
    title: "a replay that has processed nothing yet is forgotten",
    file: "core/src/runtime/lane-runner.ts",
    right: "this.#stagesAhead = beginning.replaying;",
    wrong: "this.#stagesAhead = false;",
    seed: 145,
  },
  {
    title: "marks are not restored",
    file: "dedup/src/dedup.ts",
    right: "await strategy.openLane(opening, known)",
    wrong: "await strategy.openLane(opening, undefined)",
    seed: 1,
  },
  {
    title: "open transactions are not read again",
    file: "debezium/src/identity.ts",
    right: "      await lane.restore();\n",
    wrong: "",
    seed: 3,
  },
  {
    title: "no tombstone after a delete",
    file: "dedup/src/decide.ts",
    right: 'part.deletes[i] === 1 && rules.tombstones === "regenerate"',
    wrong: "part.deletes[i] === 2",
    seed: 1,
  },
  {
    title: "equal keys of one batch claim as one, by the last record",
    file: "dedup/src/columns.ts",
    right: "    if (earlier >= 0) return earlier;\n",
    wrong: "    if (earlier >= 0) {\n      this.coordinates[earlier] = coordinate;\n      return earlier;\n    }\n",
    seed: 4,
  },
];

const PACKAGES = fileURLToPath(new URL("../..", import.meta.url));

/** The testkit over code in which one bug is seeded. */
export async function withBug({ file, right, wrong }: SeededBug): Promise<{
  readonly testkit: typeof Testkit;
  /** Another package over the same code. */
  readonly load: (name: string) => Promise<Record<string, unknown>>;
  readonly close: () => Promise<void>;
}> {
  let seeded = 0;
  const server = await createViteServer({
    configFile: false,
    root: PACKAGES,
    logLevel: "error",
    appType: "custom",
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    resolve: { alias: [{ find: /^@tandem-cdc\/([a-z-]+)$/, replacement: `${PACKAGES}/$1/src/index.ts` }] },
    plugins: [
      {
        name: "seeded-bug",
        enforce: "pre",
        transform(code, id) {
          if (!id.endsWith(`/packages/${file}`)) return null;
          if (code.split(right).length !== 2) throw new Error(`${file} does not hold this exactly once: ${right}`);
          seeded++;
          return code.replace(right, () => wrong);
        },
      },
    ],
  });
  const load = (name: string): Promise<Record<string, unknown>> =>
    server.ssrLoadModule(`${PACKAGES}/${name}/src/index.ts`);
  const testkit = (await load("testkit")) as typeof Testkit;
  if (seeded !== 1) throw new Error(`${file} is not used`);
  return { testkit, load, close: () => server.close() };
}
