import {
  type ClaimBatch,
  type IdentityStrategy,
  type KeyStore,
  laneId,
  type LaneContext,
  type LaneIdentity,
  type Owners,
  type Transform,
  TransactionError,
  type Transport,
} from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { claimKey, FAULT_RATES, type PipelineSite, type Site, type Subject } from "../src/index.ts";
import { transportWith } from "./transport-with.ts";

/** State that outlives processes, one per history: kept by the history's own store. */
function perHistory<T>(make: () => T): (store: object) => T {
  const made = new WeakMap<object, T>();
  return (store) => {
    const known = made.get(store);
    if (known !== undefined) return known;
    const fresh = make();
    made.set(store, fresh);
    return fresh;
  };
}

type Table = Map<string, { readonly coordinate: number; readonly fingerprint: number }>;

/** A store whose rule is one function: who owns the key now. */
function storeOf(
  rule: (
    table: Table,
    key: string,
    mine: { coordinate: number; fingerprint: number },
  ) => { coordinate: number; fingerprint: number },
): Subject {
  const tables = perHistory<Table>(() => new Map());
  return {
    keyStore: (shared) => ({
      ...shared,
      claim: async (lane, batch) =>
        answers(batch, (i) =>
          rule(tables(shared), `${laneId(lane)}/${claimKey(batch.digests, batch.buckets, i)}`, claimOf(batch, i)),
        ),
    }),
  };
}

function claimOf(batch: ClaimBatch, i: number): { coordinate: number; fingerprint: number } {
  return { coordinate: batch.coordinates[i] ?? 0, fingerprint: batch.fingerprints[i] ?? 0 };
}

function answers(batch: ClaimBatch, owner: (i: number) => { coordinate: number; fingerprint: number }): Owners {
  const owners = Array.from({ length: batch.length }, (_, i) => owner(i));
  return {
    coordinates: Float64Array.from(owners, ({ coordinate }) => coordinate),
    fingerprints: Uint32Array.from(owners, ({ fingerprint }) => fingerprint),
  };
}

/** The usual deduplicator: "the key exists, so skip it". */
export const seenBefore: Subject = storeOf((table, key, mine) => {
  const seen = table.get(key);
  if (seen === undefined) table.set(key, mine);
  // All that it knows is that it was not now; coordinate 0 cannot be answered with a smaller one.
  return seen === undefined ? mine : { ...mine, coordinate: Math.max(0, mine.coordinate - 1) };
});

/** Last wins: whoever claims becomes the owner. */
export const lastWins: Subject = storeOf((table, key, mine) => {
  table.set(key, mine);
  return mine;
});

/** The larger coordinate wins: a zombie takes its key from the record that was emitted for it. */
export const largerWins: Subject = storeOf((table, key, mine) => {
  const owner = table.get(key) ?? mine;
  if (owner === mine || mine.coordinate > owner.coordinate) table.set(key, mine);
  return table.get(key) ?? mine;
});

/** Compares the first bytes of keys only: strangers share an owner. */
export const cutsKeys: Subject = storeOf((table, key, mine) => {
  const cut = key.slice(0, -14);
  const owner = table.get(cut) ?? mine;
  if (owner === mine || mine.coordinate < owner.coordinate) table.set(cut, mine);
  return owner.coordinate < mine.coordinate ? owner : mine;
});

/** Answers before the claims are durable: what a crash takes with it was never claimed. */
export const answersEarly: Subject = (() => {
  const tables = perHistory<Table>(() => new Map());
  return {
    keyStore: (shared: KeyStore, { clock }: Site): KeyStore => {
      const durable = tables(shared);
      const pending: Table = new Map();
      const write = async (key: string): Promise<void> => {
        await clock.sleep(4_000);
        const claim = pending.get(key);
        if (claim !== undefined) durable.set(key, claim);
      };
      return {
        ...shared,
        claim: async (lane, batch) =>
          answers(batch, (i) => {
            const key = `${laneId(lane)}/${claimKey(batch.digests, batch.buckets, i)}`;
            const known = durable.get(key) ?? pending.get(key);
            if (known !== undefined) return known.coordinate < (batch.coordinates[i] ?? 0) ? known : claimOf(batch, i);
            pending.set(key, claimOf(batch, i));
            void write(key);
            return claimOf(batch, i);
          }),
      };
    },
  };
})();

/** Each process's transport, with some methods changed. */
function changed(change: (inner: Transport, site: Site) => Partial<Transport>): Subject {
  return { transport: (inner, site) => transportWith(inner, change(inner, site)) };
}

/** After an abort it goes on where it was. */
export const noRewind: Subject = changed(() => ({ seek: async () => undefined }));

/** Offsets are committed on their own, before the transaction. */
export const offsetsOutside: Subject = changed((inner, { kafka, name, process }) => ({
  commit: async (progress) => {
    await process.call(() => {
      for (const { lane, nextOffset } of progress) kafka.group(name).commit(lane, nextOffset);
    });
    await inner.commit(progress);
  },
}));

/** Lane state is written on its own, before the transaction. */
export const stateOutside: Subject = changed((inner, { kafka, name, process }) => ({
  commit: async (progress) => {
    const encoder = new TextEncoder();
    await process.call(() => {
      for (const { lane, state } of progress)
        kafka
          .log({ topic: `${name}.lanes`, partition: 0 })
          .append({ key: encoder.encode(laneId(lane)), value: state, headers: [], timestamp: 0 });
    });
    await inner.commit(progress);
  },
}));

/** A commit without an answer counts as done. */
export const commitsByFaith: Subject = changed((inner) => ({
  commit: async (progress) => {
    try {
      await inner.commit(progress);
    } catch (thrown) {
      if (!(thrown instanceof TransactionError && thrown.fate === "fatal")) throw thrown;
      await inner.renewProducer();
    }
  },
}));

/** After an unknown outcome it goes on with the same producer: a request that is still on its way meets the next transaction. */
export const keepsProducer: Subject = {
  faultRates: { ...FAULT_RATES, "commit-late": 0.15 },
  ...changed((inner) => ({
    renewProducer: async () => {
      try {
        await inner.abort();
      } catch {
        await inner.renewProducer();
      }
    },
  })),
};

/** Every poll answers what the one before it fetched: also from before a seek or an assignment. */
export const staleBatches: Subject = changed((inner) => {
  let held: Awaited<ReturnType<Transport["poll"]>> = [];
  return {
    poll: async () => {
      const out = held;
      held = await inner.poll();
      return out;
    },
  };
});

/** Starts where it started the first time: never asks again what was committed. */
export const remembersStarts: Subject = changed((inner) => {
  const known = new Map<string, Awaited<ReturnType<Transport["laneStarts"]>>[number]>();
  return {
    laneStarts: async (lanes) => {
      const fresh = lanes.filter((lane) => !known.has(laneId(lane)));
      const starts = fresh.length === 0 ? [] : await inner.laneStarts(fresh);
      for (const [i, start] of starts.entries()) known.set(laneId(fresh[i] ?? { topic: "", partition: 0 }), start);
      return lanes.map((lane) => known.get(laneId(lane)) as (typeof starts)[number]);
    },
  };
});

/** Produces outside of any transaction. */
export const plainProduce: Subject = changed((_, { kafka, process }) => ({
  produce: async (batch, outputTopic) => {
    await process.call(() => {
      for (let i = 0; i < batch.length; i++) {
        const topic = outputTopic(batch.topic(i));
        kafka.createTopic(topic, kafka.partitions(batch.lane.topic));
        kafka.log({ topic, partition: batch.partition(i) }).append({
          key: batch.key(i),
          value: batch.value(i),
          headers: batch.headers(i),
          timestamp: batch.timestamp(i),
        });
      }
    });
  },
}));

/** `(gtid, total_order)`: unique and equal, until a connector restarts in the middle of a transaction. */
export const byTotalOrder: Subject = {
  identity: {
    name: "total-order",
    version: 1,
    openLane: (): LaneIdentity => ({
      identify(batch, i, into) {
        const value = batch.value(i);
        if (value === null) return "tombstone";
        const text = new TextDecoder().decode(value);
        into.text(/"gtid":"([^"]*)"/.exec(text)?.[1] ?? "");
        into.text(/"total_order":(\d+)/.exec(text)?.[1] ?? "");
        into.deletes = text.includes('"op":"d"');
        return "change";
      },
      state: () => undefined,
    }),
  } satisfies IdentityStrategy,
};

/** Content within the transaction: S1 -> S2 -> S1 -> S2 holds two equal changes. */
export const byContent: Subject = { identity: debeziumIdentity() };

/** What a stage remembers is kept beside the transaction: after an abort it is ahead. */
export function marksOutside(make: (site: PipelineSite) => Transform): Subject {
  return {
    pipeline: (site) => {
      const inner = make(site);
      const remembered = site.shared("marks", () => new Map<string, LaneContext["state"]>());
      const outside = (context: LaneContext): LaneContext =>
        Object.create(context, {
          state: {
            get: () => remembered.get(laneId(context.lane)),
            set: (state: LaneContext["state"]) => {
              remembered.set(laneId(context.lane), state);
            },
          },
        }) as LaneContext;
      const changed: Transform = {
        ...inner,
        openLane: (context) => inner.openLane?.(outside(context)),
        apply: (batch, context) => inner.apply(batch, outside(context)),
      };
      return { transforms: [changed] };
    },
  };
}
