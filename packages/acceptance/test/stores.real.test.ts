import type { Delivery, TandemProcess } from "@tandem-cdc/acceptance";
import { available, type KafkaCluster, type Server, startCassandra, startKafka, startRedis } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLEAN, configFile, crashes, drained, runTandem, send, verdictOf, workload } from "./support.ts";

const { ok } = await available(["kafka", "redis", "cassandra"]);

const LOAD = { kills: 3, changes: 60_000 };

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(async () => {
  await kafka?.stop();
});

/** Kills the store's server with -9 while tandem claims there: it has to say why it waits, and go on by itself. */
async function outage(server: Server, tandem: TandemProcess, reason: RegExp): Promise<void> {
  await server.kill();
  await tandem.line((line) => /"event":"progress","state":"waiting"/.test(line) && reason.test(line));
  await server.restart();
  let waited = false;
  await tandem.line((line) => {
    waited ||= line.includes('"state":"waiting"');
    return waited && line.includes('"event":"progress","state":"running"');
  });
}

describe.skipIf(!ok)("tandem run with claims in a store, killed with -9 at random points under full load", () => {
  it.each([
    ["level", 31],
    ["rocksdb", 32],
  ])("%s: loses, doubles and reorders nothing", async (type, seed) => {
    const store = `{ type: ${type}, path: claims }`;
    const verdict = await crashes({ ...LOAD, bootstrap: kafka.bootstrap, store, seed });
    expect(verdict).toMatchObject({ ...CLEAN, emitted: verdict.distinct });
  });

  // With appendfsync always, as the testbed has it: with everysec, a killed server may have lost the last claims, and
  // their changes come out twice.
  it("redis: the same, the server killed with -9 and restarted in the middle", async () => {
    const redis = await startRedis();
    try {
      const verdict = await crashes({
        ...LOAD,
        bootstrap: kafka.bootstrap,
        store: `{ type: redis, url: "redis://${redis.address}" }`,
        seed: 33,
        meanwhile: (tandem) => outage(redis, tandem, /"reason":"[^"]*Redis 127\.0\.0\.1/),
      });
      expect(verdict).toMatchObject({ ...CLEAN, emitted: verdict.distinct });
    } finally {
      await redis.stop();
    }
  });

  // With a commit log that is synced before the answer: otherwise a node that is killed has lost what it acknowledged in
  // the last 100 ms, and being the only one, nobody else has it: those changes come out twice.
  it("cassandra: the same, the only node killed with -9 and restarted in the middle", async () => {
    const cassandra = await startCassandra({ commitLog: "batch" });
    try {
      const { contactPoints, credentials, localDataCenter, nodes } = cassandra;
      const [node] = nodes as [Server];
      const keys = {
        contactPoints,
        credentials,
        localDataCenter,
        keyspace: "tandem",
        replication: { [localDataCenter]: 1 },
      };
      const verdict = await crashes({
        ...LOAD,
        bootstrap: kafka.bootstrap,
        store: JSON.stringify({ type: "cassandra", ...keys }),
        seed: 34,
        meanwhile: (tandem) => outage(node, tandem, /"reason":"[^"]*Cassandra/),
      });
      expect(verdict).toMatchObject({ ...CLEAN, emitted: verdict.distinct });
    } finally {
      await cassandra.stop();
    }
  });
});

describe.skipIf(!ok)(
  "tandem run with the memory store, restarted between the first and the second copy of every change",
  () => {
    /** Waits until nothing is left to read of what was sent. */
    function allRead(tandem: TandemProcess): Promise<void> {
      return tandem.line(
        (line) =>
          line.includes('"event":"progress","state":"running"') &&
          line.includes('"lag":0,') &&
          !line.includes('"in":0,'),
      );
    }

    /** What came out, judged: connector a sends all changes, tandem stops and starts, then b sends its copies. */
    async function restarted(store: string, seed: number) {
      const { bootstrap } = kafka;
      const load = await workload(bootstrap, 20_000, 2, seed);
      const copies = (source: string) => load.sent.filter((delivery) => delivery.source === source);
      const config = configFile({ bootstrap, name: `restart${seed}`, topic: load.topic, store });
      let tandem = runTandem(config.path);
      try {
        await send(bootstrap, load, copies("a"));
        expect(await drained(bootstrap, load.topic, load.changes.length)).toBe(load.changes.length);
        expect(await tandem.stop()).toBe(0);
        tandem = runTandem(config.path);
        await send(bootstrap, load, copies("b"));
        await allRead(tandem);
        expect(await tandem.stop()).toBe(0);
        return await verdictOf(bootstrap, load.topic);
      } finally {
        await tandem.stop("SIGKILL");
        config.remove();
      }
    }

    it("doubles nothing with rebuild: claims are made again from the log", async () => {
      const verdict = await restarted("{ type: memory, rebuild: true }", 35);
      expect(verdict).toMatchObject({ ...CLEAN, emitted: verdict.distinct });
    });

    /** How many records each lane read again, by what tandem said when it began; null where there was no checkpoint. */
    function readAgain({ stdout }: TandemProcess): (number | null)[] {
      return stdout.flatMap((line) => {
        if (line.includes("no checkpoint (")) return [null];
        const [, records] = /a checkpoint has the claims below \d+: (\d+) records are read again/.exec(line) ?? [];
        return records === undefined ? [] : [Number(records)];
      });
    }

    /** Where to stop so that a transaction stays open which goes on to do the same to the same row: only a count tells. */
    function betweenTwins(sent: readonly Delivery[], from: number): number {
      const first = sent.findIndex(({ change }, i) =>
        sent
          .slice(Math.max(from, i) + 1, i + 5)
          .some(
            ({ change: { key, op, sequence, id } }) =>
              id > change.id && key === change.key && op === change.op && sequence === change.sequence,
          ),
      );
      expect(first).toBeGreaterThanOrEqual(from);
      return first + 1;
    }

    it("doubles nothing with a checkpoint, after SIGTERM and after kill -9, and reads only what came after it again", async () => {
      const { bootstrap } = kafka;
      const load = await workload(bootstrap, 20_000, 2, 37);
      const copies = (source: string) => load.sent.filter((delivery) => delivery.source === source);
      const store = "{ type: memory, rebuild: true, checkpoint: claims }";
      const config = configFile({ bootstrap, name: "checkpoint37", topic: load.topic, store });
      const a = copies("a");
      const stop = betweenTwins(a, 10_000);
      const early = a.slice(0, stop);
      let tandem = runTandem(config.path);
      try {
        await send(bootstrap, load, early);
        const changes = new Set(early.map(({ change }) => change)).size;
        expect(await drained(bootstrap, load.topic, changes)).toBe(changes);
        expect(await tandem.stop()).toBe(0);
        expect(readAgain(tandem)).toEqual([]);

        tandem = runTandem(config.path);
        await send(bootstrap, load, a.slice(stop));
        expect(await drained(bootstrap, load.topic, load.changes.length)).toBe(load.changes.length);
        expect(readAgain(tandem)).toEqual([0, 0]);
        await tandem.stop("SIGKILL");

        tandem = runTandem(config.path);
        await send(bootstrap, load, copies("b"));
        await allRead(tandem);
        expect(await tandem.stop()).toBe(0);
        // What connector a sent after the stop: the rest of its records, tombstones among them.
        const rest = readAgain(tandem).reduce<number>((sum, records) => sum + (records ?? Infinity), 0);
        expect(rest).toBeGreaterThan(0);
        expect(rest).toBeLessThan(1.5 * (a.length - early.length));
        const verdict = await verdictOf(bootstrap, load.topic);
        expect(verdict).toMatchObject({ ...CLEAN, emitted: verdict.distinct });
      } finally {
        await tandem.stop("SIGKILL");
        config.remove();
      }
    });

    it("doubles every change without it, and loses none", async () => {
      const verdict = await restarted("{ type: memory }", 36);
      expect(verdict).toMatchObject({ lost: 0, duplicated: verdict.distinct });
    });
  },
);
