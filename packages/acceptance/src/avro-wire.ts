import avro from "avsc";
import type { Stored } from "./io.ts";
import type { Wire } from "./row-change.ts";

/** Whole numbers beyond 2^53 become texts: enough to compare them by. */
const LONG = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => exact(bytes.readBigInt64LE()),
  toBuffer: () => unused(),
  fromJSON: () => unused(),
  toJSON: () => unused(),
  isValid: (value: unknown) => typeof value === "number" || typeof value === "string",
  compare: () => unused(),
});

function exact(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;
}

function unused(): never {
  throw new Error("only reads");
}

/** Confluent's wire format, read with whole schemas by avsc alone, so that a defect in the product's own reading shows. */
export class AvroWire implements Wire {
  readonly #registry: string;
  readonly #types = new Map<number, avro.Type>();

  constructor(registry: string) {
    this.#registry = registry;
  }

  async learn(records: readonly Stored[]): Promise<void> {
    for (const { key, value } of records)
      for (const bytes of [key, value]) {
        if (bytes === null || this.#types.has(idOf(bytes))) continue;
        this.#types.set(idOf(bytes), await this.#fetch(idOf(bytes)));
      }
  }

  async #fetch(id: number): Promise<avro.Type> {
    const answer = await fetch(`${this.#registry}/schemas/ids/${id}`);
    if (!answer.ok) throw new Error(`schema ${id}: ${answer.status} ${await answer.text()}`);
    const { schema } = (await answer.json()) as { schema: string };
    return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { registry: { long: LONG } });
  }

  /** The schemas that have been met. */
  get ids(): readonly number[] {
    return [...this.#types.keys()];
  }

  decode(bytes: Buffer): unknown {
    const type = this.#types.get(idOf(bytes));
    if (type === undefined) throw new Error(`schema ${idOf(bytes)} was not learned`);
    return type.fromBuffer(bytes.subarray(5)) as unknown;
  }
}

function idOf(bytes: Buffer): number {
  if (bytes[0] !== 0) throw new Error("no Avro in Confluent's wire format");
  return bytes.readUInt32BE(1);
}
