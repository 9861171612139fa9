import type { Batch, Header, Lane } from "@tandem-cdc/core";
import type { Message } from "./rdkafka.ts";

const NO_HEADERS: readonly Header[] = [];

/** A batch over messages as the client delivered them: no further object per record, headers parsed when asked for. */
export class MessageBatch implements Batch {
  readonly lane: Lane;
  readonly #messages: readonly Message[];

  constructor(lane: Lane, messages: readonly Message[]) {
    this.lane = lane;
    this.#messages = messages;
  }
  get length(): number {
    return this.#messages.length;
  }
  offset(i: number): number {
    return this.#at(i).offset;
  }
  timestamp(i: number): number {
    return this.#at(i).timestamp ?? -1;
  }
  key(i: number): Uint8Array | null {
    return (this.#at(i).key as Uint8Array | null | undefined) ?? null;
  }
  value(i: number): Uint8Array | null {
    return this.#at(i).value;
  }
  headers(i: number): readonly Header[] {
    const { headers } = this.#at(i);
    return headers === undefined || headers.length === 0 ? NO_HEADERS : headers.map(headerOf);
  }
  topic(): string {
    return this.lane.topic;
  }
  partition(): number {
    return this.lane.partition;
  }
  #at(i: number): Message {
    const message = this.#messages[i];
    if (message === undefined) throw new RangeError(`no record ${i} in a batch of ${this.#messages.length}`);
    return message;
  }
}

/** The client gives `{ name: bytes }`. A name that is no own property (`__proto__`) is beyond it. */
function headerOf(header: object): Header {
  const [entry] = Object.entries(header) as [string, Uint8Array | null][];
  return entry === undefined ? { key: "__proto__", value: null } : { key: entry[0], value: entry[1] };
}

/** Groups messages by lane, in order. */
export function batchesOf(messages: readonly Message[]): MessageBatch[] {
  const lanes = new Map<string, Message[]>();
  for (const message of messages) {
    const id = `${message.topic}-${message.partition}`;
    const list = lanes.get(id);
    if (list === undefined) lanes.set(id, [message]);
    else list.push(message);
  }
  return [...lanes.values()].map((list) => {
    const [first] = list as [Message];
    return new MessageBatch({ topic: first.topic, partition: first.partition }, list);
  });
}
