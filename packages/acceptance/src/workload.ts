import { type Change, deliveries, type Delivery, eventOf, history } from "./history.ts";
import { createTopic, Writer } from "./io.ts";

/** A workload of one topic: the history, and what the two connectors send of it. */
export interface Workload {
  readonly topic: string;
  readonly partitions: number;
  readonly changes: readonly Change[];
  readonly sent: readonly Delivery[];
}

let topics = 0;

/** Makes a history and creates a topic of its own for it. */
export async function workload(
  bootstrap: string,
  changes: number,
  partitions: number,
  seed: number,
): Promise<Workload> {
  const topic = `cdc.shop.orders${process.pid}n${++topics}`;
  await createTopic(bootstrap, topic, partitions, { "retention.ms": "-1" });
  const made = history(changes, partitions, seed);
  return { topic, partitions, changes: made, sent: deliveries(made, seed) };
}

/** Sends deliveries as the connectors would, tombstones included; `perSecond` limits the rate. */
export async function send(
  bootstrap: string,
  { topic }: Pick<Workload, "topic">,
  sent: readonly Delivery[],
  perSecond: number = Infinity,
): Promise<void> {
  const writer = await new Writer(bootstrap, topic).open();
  const began = Date.now();
  for (const [i, delivery] of sent.entries()) {
    const due = began + (i / perSecond) * 1_000;
    if (i % PACE === 0 && due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
    const { change, source } = delivery;
    const record = {
      partition: change.partition,
      key: Buffer.from(change.key),
      headers: [{ connector: source }],
      timestamp: Date.now(),
    };
    await writer.write({ ...record, value: Buffer.from(eventOf(delivery, record.timestamp)) });
    if (change.op === "d") await writer.write({ ...record, value: null });
  }
  await writer.close();
}

/** Deliveries between two looks at the clock. */
const PACE = 20;
