// The key store module that a configuration names: { type: ".../store-client.js", port }.
import { connect, type Socket } from "node:net";
import {
  type ClaimBatch,
  DIGEST_BYTES,
  type KeyStore,
  type Lane,
  laneId,
  type Owners,
  TandemError,
} from "@tandem-cdc/core";
import { CLAIM_BYTES, Frames, OWNER_BYTES } from "./store-protocol.ts";

interface Pending {
  readonly count: number;
  resolve(owners: Owners): void;
  reject(error: Error): void;
}

class StoreClient implements KeyStore {
  readonly #port: number;
  readonly #pending = new Map<number, Pending>();
  #socket: Socket | undefined;
  #id = 0;

  constructor(port: number) {
    this.#port = port;
  }

  claim(lane: Lane, claims: ClaimBatch, signal: AbortSignal): Promise<Owners> {
    const id = ++this.#id;
    return new Promise<Owners>((resolve, reject) => {
      this.#pending.set(id, { count: claims.length, resolve, reject });
      signal.addEventListener("abort", () => this.#fail(id, new Error("aborted")), { once: true });
      this.#connection().write(encode(id, lane, claims));
    });
  }

  async health(): Promise<{ readonly ok: true }> {
    return { ok: true };
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
  }

  #connection(): Socket {
    if (this.#socket !== undefined && !this.#socket.destroyed) return this.#socket;
    const socket = connect(this.#port, "127.0.0.1");
    const frames = new Frames();
    socket.on("data", (chunk: Buffer) => {
      for (const frame of frames.push(chunk)) this.#answered(frame);
    });
    const lost = (): void => {
      for (const id of this.#pending.keys()) this.#fail(id, new Error("the connection to the store was lost"));
    };
    socket.on("error", lost);
    socket.on("close", lost);
    this.#socket = socket;
    return socket;
  }

  #answered(frame: Buffer): void {
    const pending = this.#pending.get(frame.readUInt32LE(0));
    this.#pending.delete(frame.readUInt32LE(0));
    if (pending === undefined) return;
    const coordinates = new Float64Array(pending.count);
    const fingerprints = new Uint32Array(pending.count);
    for (let i = 0; i < pending.count; i++) {
      coordinates[i] = frame.readDoubleLE(4 + i * OWNER_BYTES);
      fingerprints[i] = frame.readUInt32LE(4 + i * OWNER_BYTES + 8);
    }
    pending.resolve({ coordinates, fingerprints });
  }

  #fail(id: number, cause: Error): void {
    this.#pending.get(id)?.reject(
      new TandemError("STORE_UNAVAILABLE", `the test store does not answer: ${cause.message}`, {
        cause,
        retriable: true,
      }),
    );
    this.#pending.delete(id);
  }
}

function encode(id: number, lane: Lane, claims: ClaimBatch): Buffer {
  const name = Buffer.from(laneId(lane), "latin1");
  const frame = Buffer.alloc(16 + name.length + claims.length * CLAIM_BYTES);
  frame.writeUInt32LE(frame.length - 4, 0);
  frame.writeUInt32LE(id, 4);
  frame.writeUInt32LE(name.length, 8);
  name.copy(frame, 12);
  let at = 12 + name.length;
  frame.writeUInt32LE(claims.length, at);
  at += 4;
  for (let i = 0; i < claims.length; i++, at += CLAIM_BYTES) {
    frame.set(claims.digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES), at);
    frame.writeDoubleLE(claims.buckets[i] ?? 0, at + DIGEST_BYTES);
    frame.writeDoubleLE(claims.coordinates[i] ?? 0, at + DIGEST_BYTES + 8);
    frame.writeUInt32LE(claims.fingerprints[i] ?? 0, at + DIGEST_BYTES + 16);
  }
  return frame;
}

export default function storeClient(options: { readonly port: number }): KeyStore {
  return new StoreClient(options.port);
}
