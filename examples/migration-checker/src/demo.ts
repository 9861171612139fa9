// A migration with three bugs, and what the checker says of it. Everything is in this process: a development cluster in
// place of Kafka, two invented connectors, and the service that takes over.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createTopics, developmentCluster, openReader, openWriter } from "@tandem-cdc/kafka";
import { check } from "./check.ts";
import type { Mismatch } from "./comparison.ts";
import { PREFIX } from "./stages.ts";

interface Order {
  readonly id: number;
  readonly total: number;
  readonly version: number;
}

const TOPIC = "cdc.shop.orders";
const GRACE_MS = 1_000;

/** What happened in the database, in this order. */
const CHANGES: readonly { readonly before: Order | null; readonly after: Order | null }[] = [
  ...Array.from({ length: 10 }, (_, i) => ({ before: null, after: { id: i + 1, total: i + 0.5, version: 1 } })),
  { before: { id: 2, total: 1.5, version: 1 }, after: { id: 2, total: 7.5, version: 2 } },
  { before: { id: 7, total: 6.5, version: 1 }, after: null },
];

/** What the service made of it: it lost order 3, rounds order 5, and keeps order 7. Order 9 is only late. */
function migrated(): Map<string, Order> {
  const orders = new Map<string, Order>();
  for (const { after, before } of CHANGES) {
    const { id } = after ?? before ?? { id: 0 };
    if (after !== null && id !== 3 && id !== 9) orders.set(`${id}`, id === 5 ? { ...after, total: 5 } : after);
  }
  const late = CHANGES.find(({ after }) => after?.id === 9)?.after;
  setTimeout(() => late !== null && late !== undefined && orders.set("9", late), GRACE_MS / 2);
  return orders;
}

/** Answers as `httpService` asks. */
async function serviceOf(orders: () => ReadonlyMap<string, Order>): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const ids = new URL(request.url ?? "/", "http://127.0.0.1").searchParams.getAll("id");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(ids.flatMap((id) => orders().get(id) ?? [])));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/orders`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** As Debezium's MariaDB connector sends it. */
function event(i: number, file: string): Uint8Array {
  const source = {
    connector: "mariadb",
    db: "shop",
    table: "orders",
    gtid: `0-1-${i + 1}`,
    file,
    pos: (i + 1) * 10,
    row: 0,
    snapshot: "false",
  };
  const { after = null, before = null } = CHANGES[i] ?? {};
  const op = before === null ? "c" : after === null ? "d" : "u";
  return bytes(JSON.stringify({ before, after, source, op, ts_ms: 1 }));
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function told({ fields, id, kind }: Mismatch): string {
  if (kind === "missing") return `order ${id} is missing in the service`;
  if (kind === "left over") return `order ${id} was deleted, and is still in the service`;
  const differing = Object.entries(fields).map(
    ([field, { database, service }]) =>
      `${field} is ${JSON.stringify(database)} in the database, ${JSON.stringify(service)} in the service`,
  );
  return `order ${id}: ${differing.join("; ")}`;
}

export async function demo(print: (line: string) => void): Promise<void> {
  const cluster = await developmentCluster();
  const client = { "bootstrap.servers": cluster.bootstrap };
  let orders: ReadonlyMap<string, Order> | undefined;
  const service = await serviceOf(() => (orders ??= migrated()));
  await createTopics(client, [
    { topic: TOPIC, partitions: 4 },
    { topic: PREFIX + TOPIC, partitions: 4 },
  ]);
  const writer = await openWriter(client);
  for (const connector of ["a", "b"])
    for (const [i, { after, before }] of CHANGES.entries())
      await writer.write({
        topic: TOPIC,
        partition: 0,
        key: bytes(JSON.stringify({ id: (after ?? before)?.id })),
        value: event(i, `bin-${connector}.000001`),
        headers: [{ key: "connector", value: bytes(connector) }],
      });
  await writer.close();

  const stop = new AbortController();
  const checking = check(
    { bootstrap: cluster.bootstrap, topic: TOPIC, url: service.url, graceMs: GRACE_MS },
    stop.signal,
  );
  const reader = await openReader(client, PREFIX + TOPIC);
  for (let found = 0; found < 3;)
    for (const { value } of await reader.read()) {
      found++;
      print(told(JSON.parse(new TextDecoder().decode(value ?? bytes("null"))) as Mismatch));
    }
  await reader.close();
  stop.abort();
  const { mismatches, read } = await checking;
  print(`${read} records of two connectors read, ${mismatches} mismatches`);
  service.close();
  await cluster.close();
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  await demo(console.log);
  // The development cluster's threads would keep the process.
  process.exit();
}
