import { batchOf, type JsonValue, type PlainRecord, TandemError } from "@tandem-cdc/core";
import { debeziumIdentity, jsonFormat } from "@tandem-cdc/debezium";
import type { Target } from "../target.ts";
import { LANE, nowhere } from "./lane.ts";

const SOURCE =
  '"source":{"connector":"mariadb","name":"cdc","ts_ms":1,"snapshot":"false","db":"shop","table":"orders","gtid":"0-1-5","file":"bin.000001","pos":7,"row":0,"server_id":1}';
const EVENT = `{"before":null,"after":{"id":1,"name":"a"},${SOURCE},"op":"c","ts_ms":2,"transaction":{"id":"0-1-5","total_order":1,"data_collection_order":1}}`;

const WORDS = [
  ...'{}[],:"\\'.split(""),
  ..."null true false -1 1e999 0.10 \\u0000 \\ud800 \\n".split(" "),
  ..."before after source op ts_ms transaction schema payload connector snapshot gtid file pos row server_id".split(
    " ",
  ),
  ..."lsn txId sequence scn commit_scn change_lsn commit_lsn ord collection incremental last ddl status d r t m".split(
    " ",
  ),
  ..."mariadb mysql postgresql mongodb oracle sqlserver 0-1-5 bin.000002 00000027:00000758:0005".split(" "),
  "\n",
  "\0",
];

/** The errors that identities are allowed: a record's own fault, or a lane that has to stop. */
const allows = (thrown: unknown): boolean =>
  thrown instanceof TandemError && /^RECORD_|^LANE_(NULL_KEY|SOURCE_REPOINTED)$/.test(thrown.code);

/** One record a line, its key before a NUL; the lines come from two connectors in turn. */
function recordsOf(input: Uint8Array): PlainRecord[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from <= input.length && lines.length < 50;) {
    const end = input.indexOf(0x0a, from);
    lines.push(input.subarray(from, end < 0 ? input.length : end));
    from = end < 0 ? input.length + 1 : end + 1;
  }
  return lines.map((line, offset) => {
    const nul = line.indexOf(0);
    const value = nul < 0 ? line : line.subarray(nul + 1);
    const source = Buffer.from(offset % 2 === 0 ? "a" : "b");
    return {
      offset,
      timestamp: offset,
      key: nul < 0 ? null : line.subarray(0, nul),
      value: nul === line.length - 1 ? null : value,
      headers: [{ key: "connector", value: source }],
    };
  });
}

/** Events of Debezium in JSON, through the identity with and without known sources, and what it remembers. */
export const debezium: Target = {
  name: "debezium",
  seeds: [EVENT, `{"id":1}\0${EVENT}\n{"id":1}\0${EVENT}`, `{"schema":{},"payload":${EVENT}}`, '{"id":1}\0'],
  words: WORDS,
  async open() {
    const strategies = [debeziumIdentity(), debeziumIdentity({ sources: { header: "connector", names: ["a", "b"] } })];
    return async (input) => {
      const batch = batchOf(LANE.lane, recordsOf(input));
      for (const strategy of strategies) {
        const lane = await strategy.openLane(LANE, undefined);
        for (let i = 0; i < batch.length; i++) {
          const identified = lane.identify(batch, i, nowhere());
          if (identified instanceof Error && !allows(identified)) throw identified;
        }
        const state = lane.state();
        if (state !== undefined) await strategy.openLane(LANE, JSON.parse(JSON.stringify(state)) as JsonValue);
      }
    };
  },
  allows,
};

const FIELDS = ["", "a", "a.b", "source.gtid", "source", "payload"];

/** JSON itself: every way to read a field, in the form as it stands and in the canonical one. */
export const json: Target = {
  name: "json",
  seeds: [
    EVENT,
    '{"a":{"b":[1,2.50,"\\u00e4",null]},"a":1}',
    '{"schema":null,"payload":{"a":{"b":true}}}',
    "[1]",
    '"x"',
  ],
  words: WORDS,
  async open() {
    const projections = [FIELDS, FIELDS.slice(1, 4)].map((fields) => ({
      fields,
      projection: jsonFormat.project("value", fields, { except: ["a.b", "ts_ms"] }),
    }));
    return (input) => {
      for (const { fields, projection } of projections) {
        projection.read(input);
        for (const field of fields.keys())
          for (const how of ["has", "text", "integer", "bytes", "canonical"] as const)
            quietly(() => projection[how](field));
      }
    };
  },
  allows,
};

/** One reading that fails is no reason not to try the others. */
export function quietly(read: () => unknown): void {
  try {
    read();
  } catch (thrown) {
    if (!allows(thrown)) throw thrown;
  }
}
