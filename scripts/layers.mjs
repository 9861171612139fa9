// Imports point one way. Fails when a package imports what its layer may not see.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "./run.mjs";

const MAY_IMPORT = {
  core: [],
  kafka: ["core"],
  debezium: ["core"],
  avro: ["core"],
  metrics: ["core"],
  admin: ["core"],
  "keystore-redis": ["core"],
  "keystore-cassandra": ["core"],
  "keystore-level": ["core"],
  "keystore-rocksdb": ["core"],
  dedup: ["core"],
  transforms: ["core"],
  testkit: ["core", "dedup", "debezium", "transforms"],
  testbed: [],
};
const EVERYTHING = ["cli", "acceptance", "benchmarks", "chaos", "fuzz"];
/** The native client is imported in one file only; the auditors read the topics without our code. */
const RDKAFKA = ["packages/kafka/src/internal/rdkafka.ts", "packages/acceptance/src/io.ts"];

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

const problems = [];
for (const name of readdirSync(join(ROOT, "packages"))) {
  const allowed = MAY_IMPORT[name];
  if (allowed === undefined && !EVERYTHING.includes(name))
    problems.push(`packages/${name}: say in scripts/layers.mjs what it may import`);
  for (const path of sources(join(ROOT, "packages", name, "src"))) {
    const file = relative(ROOT, path);
    for (const [, specifier] of readFileSync(path, "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      const ours = /^@tandem-cdc\/([^/]+)(\/.*)?$/.exec(specifier);
      if (ours !== null && ours[2] !== undefined) problems.push(`${file}: deep import ${specifier}`);
      if (ours !== null && allowed !== undefined && !allowed.includes(ours[1]))
        problems.push(`${file}: ${name} may not import ${specifier}`);
      if (specifier === "node-rdkafka" && !RDKAFKA.includes(file))
        problems.push(`${file}: node-rdkafka is imported in ${RDKAFKA[0]} only`);
      if (specifier.startsWith("../") && !join(path, "..", specifier).startsWith(join(ROOT, "packages", name, "src")))
        problems.push(`${file}: ${specifier} leaves the package`);
    }
  }
}
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
