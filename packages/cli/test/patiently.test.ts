import { TandemError } from "@tandem-cdc/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { patiently } from "../src/run/patiently.ts";

const DOWN = new TandemError("STORE_UNAVAILABLE", "nobody listens", { retriable: true });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function opened(): { close(): Promise<void>; closed: boolean } {
  return {
    closed: false,
    async close() {
      this.closed = true;
    },
  };
}

it("tries again with growing pauses until it opens, and says so each time", async () => {
  const told: [string, number][] = [];
  let tries = 0;
  const store = opened();
  const opening = patiently(
    async () => {
      if (++tries < 8) throw DOWN;
      return store;
    },
    { signal: new AbortController().signal, onWaiting: ({ message }, ms) => told.push([message, ms]) },
  );
  await vi.runAllTimersAsync();
  expect(await opening).toBe(store);
  expect(told).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000].map((ms) => ["nobody listens", ms]));
});

it("gives up at once what waiting does not mend", async () => {
  const unsafe = new TandemError("STORE_UNSAFE", "it evicts");
  const onWaiting = vi.fn();
  const opening = patiently(() => Promise.reject(unsafe), { signal: new AbortController().signal, onWaiting });
  await expect(opening).rejects.toBe(unsafe);
  expect(onWaiting).not.toHaveBeenCalled();
});

it("ends when it is told to, in a pause", async () => {
  const controller = new AbortController();
  const opening = patiently(() => Promise.reject(DOWN), {
    signal: controller.signal,
    onWaiting: () => queueMicrotask(() => controller.abort(new Error("told to stop"))),
  });
  await expect(opening).rejects.toThrow("told to stop");
});

it("ends when it is told to, in a try, and closes what opens after that", async () => {
  const controller = new AbortController();
  let open: (store: ReturnType<typeof opened>) => void = () => undefined;
  const late = new Promise<ReturnType<typeof opened>>((resolve) => (open = resolve));
  const opening = patiently(() => late, { signal: controller.signal, onWaiting: () => undefined });
  controller.abort(new Error("told to stop"));
  await expect(opening).rejects.toThrow("told to stop");
  const store = opened();
  open(store);
  await vi.waitFor(() => expect(store.closed).toBe(true));
});
