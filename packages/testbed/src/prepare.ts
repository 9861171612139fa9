// node packages/testbed/dist/prepare.js kafka connect mariadb postgres registry redis cassandra connect-java
import { prepare } from "./preparation.ts";

const SERVERS = ["kafka", "connect", "mariadb", "postgres", "registry", "redis", "cassandra", "connect-java"] as const;
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !SERVERS.some((server) => server === name));
if (asked.length === 0 || unknown !== undefined) {
  process.stderr.write(`usage: prepare.js ${SERVERS.map((name) => `[${name}]`).join(" ")}\n`);
  process.exitCode = 2;
} else {
  await prepare(Object.fromEntries(asked.map((name) => [name, true])));
}
