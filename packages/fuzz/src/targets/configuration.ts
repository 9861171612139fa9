import { ConfigError, parseConfig } from "@tandem-cdc/cli";
import type { Target } from "../target.ts";

const LEAST = '{"name":"a","kafka":{"bootstrap.servers":"h:1"},"input":{"topics":["t"]}}';

/** Configuration files, YAML and JSON. */
export const configuration: Target = {
  name: "configuration",
  seeds: [
    LEAST,
    "name: a\nkafka: { bootstrap.servers: 'h:1' }\ninput:\n  topics: [a, /cdc\\..*/]\ndedup:\n  horizon: 2d\n  store: { type: redis, url: 'redis://h' }\n",
    "name: a\nkafka: { bootstrap.servers: h:1, consumer: { session.timeout.ms: 9000 } }\ninput:\n  topics: [t]\n  format: avro\n  registry: { url: 'http://h', tls: { ca: x } }\ndedup:\n  identity: { use: fields, fields: [a.b] }\n  store: { type: cassandra, contactPoints: [h], localDataCenter: d, keyspace: k }\nerrors: { tolerance: all }\n",
    "name: ${env:A:b}\nkafka: &k { bootstrap.servers: h:1 }\ninput: { topics: [t] }\noutput: { prefix: 'x.' }\ndedup: { mode: merge }\n",
  ],
  words: [
    ..."{}[],:\"'-&*!|>#%@`\n\t?~".split(""),
    ..."name kafka input output topics dedup store type redis cassandra memory level rocksdb identity use format registry".split(
      " ",
    ),
    ..."url tls horizon rebuild checkpoint errors deadLetter tolerance commit metrics port host late snapshots tombstones".split(
      " ",
    ),
    ..."sources header names mode merge fields content custom rules match __proto__ constructor toString null true 1e9 2d".split(
      " ",
    ),
    "${env:A}",
    "${env:",
    "$${",
    "<<: *k",
    "&k ",
    "*k",
    "/(a+)+$/",
    "/[/",
    "---\n",
    "  ",
    "bootstrap.servers",
    "redis://u:p@h",
  ],
  async open() {
    return (input) => parseConfig(Buffer.from(input).toString(), "/nowhere/tandem.yaml", { A: "x" });
  },
  allows: (thrown) => thrown instanceof ConfigError,
};
