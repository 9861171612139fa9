import { type Converter, type DataValue, Decimal, isRetriable, TandemError } from "@tandem-cdc/core";
import type { Config } from "../config/schema.ts";
import { converterOf } from "../run/format.ts";
import { contextOf, type Letter, letterId } from "./letter.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const HEX_BYTES = 4_096;

/** One line of `list`. */
export function letterLine({ letter, done }: { readonly letter: Letter; readonly done: boolean }): string {
  const { attempts, code, message, reason, record, stage } = letter;
  const origin = record === null ? "no context" : letterId({ lane: record.lane, offset: record.offset });
  const why = [stage, reason === "" ? code : reason].filter((text) => text !== "").join(" ");
  const more = [...(attempts > 1 ? [`tried ${attempts} times`] : []), ...(done ? ["redriven"] : [])].join(", ");
  return [letterId(letter), `of ${origin}`, why, ...(more === "" ? [] : [`(${more})`]), message.slice(0, 200)].join(
    "  ",
  );
}

export function letterJson({ letter, done }: { readonly letter: Letter; readonly done: boolean }): object {
  const { attempts, code, key, message, pipeline, reason, record, refused, stage, stored } = letter;
  return {
    letter: letterId(letter),
    topic: letter.lane.topic,
    partition: letter.lane.partition,
    offset: letter.offset,
    record: record === null ? null : { ...record.lane, offset: record.offset },
    timestamp: stored.timestamp,
    pipeline,
    stage,
    ...(code === "" ? {} : { code }),
    ...(reason === "" ? {} : { reason }),
    message,
    ...(key === "" ? {} : { claim: key }),
    attempts,
    refused,
    redriven: done,
  };
}

/** Everything that is in a letter. */
export async function letterContents(
  { letter, done }: { readonly letter: Letter; readonly done: boolean },
  config: Config,
  signal: AbortSignal,
): Promise<object> {
  const { stored } = letter;
  const own = letter.record === null ? stored.headers : letter.record.headers;
  const converter = config.input.format === "json" ? null : await converterOf(config);
  const topic = letter.record?.lane.topic ?? letter.lane.topic;
  const part = (name: "key" | "value"): Promise<unknown> =>
    readable(stored[name], (bytes) => decoded(converter, bytes, { topic, part: name }, signal));
  return {
    ...letterJson({ letter, done }),
    headers: own.map(({ key, value }) => ({ key, value: plainly(value) })),
    context: Object.fromEntries(contextOf(stored.headers.slice(letter.record === null ? 0 : own.length))),
    key: await part("key"),
    value: letter.refused ? "(left out: what became of the record was refused)" : await part("value"),
  };
}

/** Decoded, where that can be done; else as JSON, as text, or in hexadecimal digits. */
async function readable(bytes: Uint8Array | null, decode: (bytes: Uint8Array) => Promise<unknown>): Promise<unknown> {
  if (bytes === null) return null;
  const found = await decode(bytes);
  return found === undefined ? plainly(bytes) : found;
}

/** Undefined where it is not what `input.format` says: it may be in the letter for that. */
async function decoded(
  converter: Converter | null,
  bytes: Uint8Array,
  context: { readonly topic: string; readonly part: "key" | "value" },
  signal: AbortSignal,
): Promise<unknown> {
  if (converter === null) return undefined;
  try {
    await converter.prepare?.([bytes], signal);
    return plain(converter.toConnectData(bytes, context).value);
  } catch (thrown) {
    if (!(thrown instanceof TandemError) || isRetriable(thrown)) throw thrown;
    return undefined;
  }
}

function plainly(bytes: Uint8Array | null): unknown {
  if (bytes === null) return null;
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    const more = bytes.length > HEX_BYTES ? ` and ${bytes.length - HEX_BYTES} bytes more` : "";
    return `0x${Buffer.from(bytes.subarray(0, HEX_BYTES)).toString("hex")}${more}`;
  }
  try {
    const value: unknown = JSON.parse(text);
    // Numbers that JSON.parse would round stay as they are written.
    return typeof value === "object" && !/\d{16}/.test(text) ? value : text;
  } catch {
    return text;
  }
}

/** What JSON can say. */
function plain(value: DataValue): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Decimal) return value.toString();
  if (Array.isArray(value)) return value.map((each) => plain(each as DataValue));
  if (value instanceof Map) return [...value].map(([key, each]) => [plain(key as DataValue), plain(each as DataValue)]);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each as DataValue)]));
  return value;
}
