// A small key store as a process of its own, so that claims survive a crash of the pipeline. Tests only: it keeps
// everything in memory, and answers when it has it there.
//   node store-server.js [--boolean]    prints its port
// --boolean: answers only "seen before" or "new", as a plain cache does: the flaw that loses data at a crash.
import { createServer } from "node:net";
import { DIGEST_BYTES } from "@tandem-cdc/core";
import { CLAIM_BYTES, Frames, OWNER_BYTES } from "./store-protocol.ts";

const boolean = process.argv.includes("--boolean");
const owners = new Map<string, { coordinate: number; fingerprint: number }>();

function claim(key: string, coordinate: number, fingerprint: number): { coordinate: number; fingerprint: number } {
  const owner = owners.get(key);
  if (owner !== undefined && boolean) return { coordinate: 0, fingerprint: owner.fingerprint };
  if (owner !== undefined && owner.coordinate <= coordinate) return owner;
  const made = { coordinate, fingerprint };
  owners.set(key, made);
  return made;
}

function answer(frame: Buffer): Buffer {
  const laneLength = frame.readUInt32LE(4);
  const lane = frame.toString("latin1", 8, 8 + laneLength);
  let at = 8 + laneLength;
  const count = frame.readUInt32LE(at);
  at += 4;
  const out = Buffer.alloc(8 + count * OWNER_BYTES);
  out.writeUInt32LE(4 + count * OWNER_BYTES, 0);
  out.writeUInt32LE(frame.readUInt32LE(0), 4);
  for (let i = 0; i < count; i++, at += CLAIM_BYTES) {
    const key = `${lane}|${frame.toString("latin1", at, at + DIGEST_BYTES + 8)}`;
    const owner = claim(key, frame.readDoubleLE(at + DIGEST_BYTES + 8), frame.readUInt32LE(at + DIGEST_BYTES + 16));
    out.writeDoubleLE(owner.coordinate, 8 + i * OWNER_BYTES);
    out.writeUInt32LE(owner.fingerprint, 8 + i * OWNER_BYTES + 8);
  }
  return out;
}

const server = createServer((socket) => {
  const frames = new Frames();
  socket.on("data", (chunk) => {
    for (const frame of frames.push(chunk)) socket.write(answer(frame));
  });
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(typeof address === "object" ? address?.port : address);
});
