/** One change of the invented table `shop.orders`. */
export interface Change {
  /** Position in the history. */
  readonly number: number;
  readonly key: string;
  readonly partition: number;
  readonly op: "c" | "u" | "d";
  readonly before: string | null;
  readonly after: string | null;
  /** GTID sequence and place in its transaction. */
  readonly transaction: number;
  readonly row: number;
}

/** Reproducible random numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/**
 * Inserts, updates and deletes over a few hundred orders, in transactions of one to six changes; every fiftieth sets one
 * order to S1, S2, S1, S2: two pairs of changes that nothing in the row tells apart.
 */
export function history(changes: number, partitions: number, seed = 7): Change[] {
  const next = random(seed);
  const rows = new Map<number, string>();
  const made: Change[] = [];
  const change = (id: number, after: string | null, transaction: number, row: number): void => {
    const before = rows.get(id) ?? null;
    const op = before === null ? "c" : after === null ? "d" : "u";
    made.push({
      number: made.length,
      key: `{"id":${id}}`,
      partition: id % partitions,
      op,
      before,
      after,
      transaction,
      row,
    });
    if (after === null) rows.delete(id);
    else rows.set(id, after);
  };
  for (let transaction = 1; made.length < changes; transaction++) {
    const id = Math.floor(next() * 400);
    if (transaction % 50 === 0 && rows.has(id)) {
      for (const [row, status] of ["S1", "S2", "S1", "S2"].entries())
        change(id, `{"id":${id},"status":"${status}"}`, transaction, row);
      continue;
    }
    for (let row = 0, count = 1 + Math.floor(next() * 6); row < count; row++) {
      const one = (id + row * 7) % 400;
      const remove = rows.has(one) && next() < 0.15;
      change(one, remove ? null : `{"id":${one},"status":"paid","amount":"${transaction}.${row}"}`, transaction, row);
    }
  }
  return made.slice(0, changes);
}

/** The change as a Debezium MariaDB connector on a replica of its own sends it. */
export function eventOf({ after, before, op, row, transaction }: Change, connector: "a" | "b", order: number): string {
  const seconds = 1_700_000_000 + transaction;
  const place =
    connector === "a"
      ? `"file":"bin2.000001","pos":${transaction * 700 + row * 50}`
      : `"file":"bin3.000004","pos":${transaction * 900 + row * 60}`;
  return (
    `{"before":${before},"after":${after},"source":{"version":"3.5.0.Final","connector":"mariadb","name":"cdc","ts_ms":${seconds}000,"snapshot":"false",` +
    `"db":"shop","sequence":null,"ts_us":${seconds}000000,"ts_ns":${seconds}000000000,"table":"orders","server_id":101,"gtid":"0-101-${transaction}",` +
    `${place},"row":0,"thread":null,"query":null},"transaction":{"id":"0-101-${transaction}","total_order":${order},"data_collection_order":${order}},` +
    `"op":"${op}","ts_ms":${Date.now()}}`
  );
}
