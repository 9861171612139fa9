import type { Transport } from "@tandem-cdc/core";

/** A transport that differs from another in some methods. */
export function transportWith(inner: Transport, change: Partial<Transport>): Transport {
  return {
    connect: (listener) => inner.connect(listener),
    poll: () => inner.poll(),
    pause: (lanes) => inner.pause(lanes),
    resume: (lanes) => inner.resume(lanes),
    seek: (lane, offset) => inner.seek(lane, offset),
    laneStarts: (lanes) => inner.laneStarts(lanes),
    read: (lane, from, to, signal) => inner.read(lane, from, to, signal),
    inputLanes: async () => (await inner.inputLanes?.()) ?? [],
    offsetAt: async (lane, timestampMs) => (await inner.offsetAt?.(lane, timestampMs)) ?? 0,
    bounds: async (lane) => (await inner.bounds?.(lane)) ?? { logStart: 0, logEnd: 0 },
    logEnd: (lane) => inner.logEnd?.(lane) ?? null,
    begin: () => inner.begin(),
    produce: (batch, topic) => inner.produce(batch, topic),
    commit: (progress) => inner.commit(progress),
    abort: () => inner.abort(),
    renewProducer: () => inner.renewProducer(),
    close: () => inner.close(),
    ...change,
  };
}
