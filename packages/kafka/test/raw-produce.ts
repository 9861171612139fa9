import { connect } from "node:net";

/** A record as the wire takes it: unlike the client, it carries any header and any timestamp. */
export interface WireRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly (readonly [name: string, value: Uint8Array | null])[];
  readonly timestamp: number;
}

/** Unknown topic or partition, no leader, not the leader: a topic that was made just now. */
const NOT_YET = new Set([3, 5, 6]);

/** Writes records by a Produce request of our own, since node-rdkafka corrupts binary headers. */
export async function produceRaw(
  bootstrap: string,
  topic: string,
  partition: number,
  records: readonly WireRecord[],
): Promise<void> {
  const batch = recordBatch(records);
  const body = Buffer.concat([
    int16(0),
    int16(7),
    int32(1),
    text("raw"), // Produce, version 7
    int16(-1),
    int16(-1),
    int32(10_000), // no transaction, acks of all
    int32(1),
    text(topic),
    int32(1),
    int32(partition),
    int32(batch.length),
    batch,
  ]);
  for (const deadline = Date.now() + 10_000; ;) {
    const answer = await request(bootstrap, body);
    const code = answer.readInt16BE(4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4);
    if (code === 0) return;
    if (!NOT_YET.has(code) || Date.now() > deadline)
      throw new Error(`the broker refused the raw records: code ${code}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Sends one request, and resolves to the answer without its length. */
async function request(bootstrap: string, body: Buffer): Promise<Buffer> {
  const [host, port] = bootstrap.split(":");
  const socket = connect(Number(port), host);
  socket.write(Buffer.concat([int32(body.length), body]));
  let received = Buffer.alloc(0);
  for await (const part of socket) {
    received = Buffer.concat([received, part as Buffer]);
    if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) break;
  }
  return received.subarray(4);
}

function recordBatch(records: readonly WireRecord[]): Buffer {
  const base = records[0]?.timestamp ?? 0;
  const bodies = records.map((record, i) => recordOf(record, i, base));
  const last = Math.max(...records.map((record) => record.timestamp));
  const checked = Buffer.concat([
    int16(0),
    int32(records.length - 1),
    int64(base),
    int64(last), // no compression, create time
    int64(-1),
    int16(-1),
    int32(-1), // no producer id
    int32(records.length),
    ...bodies,
  ]);
  const head = Buffer.concat([int32(-1), Buffer.from([2]), int32(crc32c(checked))]);
  return Buffer.concat([int64(0), int32(head.length + checked.length), head, checked]);
}

function recordOf({ headers = [], key, timestamp, value }: WireRecord, offset: number, base: number): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestamp - base),
    varint(offset),
    sized(key),
    sized(value),
    varint(headers.length),
    ...headers.flatMap(([name, bytes]) => [sized(Buffer.from(name)), sized(bytes)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function sized(bytes: Uint8Array | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

/** Zigzag, seven bits a byte. */
function varint(value: number): Buffer {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  const out: number[] = [];
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Buffer.from([...out, Number(rest)]);
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

/** Castagnoli's polynomial, which zlib does not have. */
function crc32c(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  return ~crc;
}
