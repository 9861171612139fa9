import { ClaimTable, DIGEST_BYTES, type Lane, LaneTables } from "@tandem-cdc/core";
import fc from "fast-check";
import { expect, it } from "vitest";

const LANE: Lane = { topic: "cdc.shop.orders", partition: 0 };
const KEPT_MS = 80_000;
const SPAN_MS = KEPT_MS / 8;

function digestOf(key: number): Uint8Array {
  const digest = new Uint8Array(DIGEST_BYTES);
  const view = new DataView(digest.buffer);
  for (let word = 0; word < 3; word++) view.setUint32(4 * word, Math.imul(key + word, 0x9e3779b1), true);
  return digest;
}

interface Claim {
  readonly key: number;
  readonly bucket: number;
  readonly at: number;
}

function claim(tables: LaneTables, { at, bucket, key }: Claim, coordinate: number): readonly number[] {
  let table = tables.get(LANE, bucket);
  if (table === undefined) tables.set(LANE, bucket, (table = new ClaimTable(at)));
  const entry = tables.claim(table, digestOf(key), 0, coordinate, key * 7, at);
  return [table.coordinate(entry), table.fingerprint(entry), table.time(entry)];
}

const anyClaim = fc.record({
  key: fc.nat(200),
  bucket: fc.constantFrom(-4_096, 0, 2 ** 50),
  at: fc.integer({ min: 1_000_000, max: 1_000_000 + 3 * KEPT_MS }),
});

it("claims that go out and in keep owner and fingerprint, and age by a slice at most, however often", () => {
  fc.assert(
    fc.property(
      fc.array(anyClaim, { maxLength: 150 }),
      fc.array(fc.nat(10 * KEPT_MS), { maxLength: 6 }),
      (claims, pauses) => {
        claims.sort((a, b) => a.at - b.at);
        let tables = new LaneTables(KEPT_MS, 0);
        const owners = new Map<string, { readonly one: Claim; readonly coordinate: number }>();
        claims.forEach((one, coordinate) => {
          claim(tables, one, coordinate);
          const name = `${one.bucket}/${one.key}`;
          if (!owners.has(name)) owners.set(name, { one, coordinate });
        });
        let away = 0;
        for (const pause of pauses) {
          away += pause;
          const next = new LaneTables(KEPT_MS, 0);
          for (const block of tables.blocks(LANE)) next.add(LANE, { ...block, claimedAt: block.claimedAt + pause });
          tables = next;
        }
        expect(tables.claims).toBe(owners.size);
        for (const { coordinate, one } of owners.values()) {
          const [owner, fingerprint, time = 0] = claim(tables, one, 1e6);
          expect([owner, fingerprint]).toEqual([coordinate, one.key * 7]);
          expect(time - away).toBeGreaterThanOrEqual(one.at - SPAN_MS);
          expect(time - away).toBeLessThan(one.at + 1_000);
        }
      },
    ),
  );
});

it("a claim that is made between two blocks disturbs none of the others", () => {
  const tables = new LaneTables(KEPT_MS, 0);
  const before = Array.from({ length: 300 }, (_, key) => ({ key, bucket: key % 3, at: 1_000_000 + key * 700 }));
  before.forEach((one, coordinate) => claim(tables, one, coordinate));
  const copy = new LaneTables(KEPT_MS, 0);
  let key = 1_000;
  for (const block of tables.blocks(LANE)) {
    copy.add(LANE, block);
    for (let more = 0; more < 50; more++) claim(tables, { key, bucket: key % 3, at: 2_000_000 }, key++);
  }
  before.forEach((one, coordinate) => expect(claim(copy, one, 1e6)[0]).toBe(coordinate));
});
