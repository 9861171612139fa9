/** One change of the invented database, as both connectors send it. */
export interface Change {
  /** Unique: what the auditor goes by. */
  readonly id: number;
  readonly key: string;
  readonly partition: number;
  readonly op: "c" | "u" | "d";
  /** GTID sequence, and the row within the transaction. */
  readonly sequence: number;
  readonly row: number;
}

/** A delivery: source `a` or `b` sends change `id`. */
export interface Delivery {
  readonly source: "a" | "b";
  readonly change: Change;
}

/** Reproducible random numbers in [0, 1): mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A database's history: transactions of 1 to 5 changes over a thousand rows, each row in a partition of its own. */
export function history(changes: number, partitions: number, seed: number): Change[] {
  const next = random(seed);
  const made: Change[] = [];
  for (let sequence = 1; made.length < changes; sequence++) {
    const rows = 1 + Math.floor(next() * 5);
    for (let row = 0; row < rows && made.length < changes; row++) {
      const id = Math.floor(next() * 1_000);
      const op = (["c", "u", "u", "u", "d"] as const)[Math.floor(next() * 5)] ?? "u";
      made.push({ id: made.length, key: `{"id":${id}}`, partition: id % partitions, op, sequence, row });
    }
  }
  return made;
}

/**
 * What the two connectors send, in the order of arrival: b lags by up to `lag` changes; each of them now and then
 * restarts and sends the last changes again.
 */
export function deliveries(changes: readonly Change[], seed: number, lag = 2_000): Delivery[] {
  const next = random(seed ^ 0x5bd1e995);
  const made: Delivery[] = [];
  const at = { a: 0, b: 0 };
  const send = (source: "a" | "b", count: number): void => {
    const end = Math.min(changes.length, at[source] + count);
    for (const change of changes.slice(at[source], end)) made.push({ source, change });
    at[source] = end;
    if (next() < 0.02) at[source] = Math.max(0, end - Math.floor(next() * 500));
  };
  while (at.a < changes.length || at.b < changes.length) {
    const behind = at.a - at.b;
    const leads = next() < 0.5 ? "a" : "b";
    const source = behind > lag ? "b" : behind < -lag ? "a" : leads;
    send(source, 1 + Math.floor(next() * 200));
  }
  return made;
}

const PADDING = "x".repeat(380);

/** The Debezium event of a delivery, about 800 bytes of JSON. */
export function eventOf({ source, change }: Delivery, producedMs: number): string {
  const row = (id: number): string => `{"row":${change.key},"change":${id},"note":"${PADDING}"}`;
  const before = change.op === "c" ? "null" : row(change.id - 1);
  const after = change.op === "d" ? "null" : row(change.id);
  const file = source === "a" ? "bin2.000001" : "bin3.000001";
  const pos = change.sequence * (source === "a" ? 700 : 900) + change.row * 40;
  const ms = 1_700_000_000_000 + change.sequence * 1_000;
  return (
    `{"before":${before},"after":${after},"source":{"version":"3.5.0.Final","connector":"mariadb","name":"cdc","ts_ms":${ms},` +
    `"snapshot":"false","db":"shop","sequence":null,"ts_us":${ms}000,"ts_ns":${ms}000000,"table":"orders","server_id":101,` +
    `"gtid":"0-101-${change.sequence}","file":"${file}","pos":${pos},"row":0,"thread":null,"query":null},` +
    `"transaction":{"id":"0-101-${change.sequence}","total_order":${change.row + 1},"data_collection_order":${change.row + 1}},` +
    `"op":"${change.op}","ts_ms":${producedMs},"change":${change.id}}`
  );
}
