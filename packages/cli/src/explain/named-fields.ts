import type { IdentityWriter } from "@tandem-cdc/core";
import { canonicalText } from "./canonical-text.ts";

/** A part of an identity, readable. */
export interface NamedField {
  readonly name: string;
  readonly value: string | number | null;
}

/** Hands everything on to the writer that counts, and remembers it readable. */
export class NamedFields implements IdentityWriter {
  readonly #into: IdentityWriter;
  readonly identity: NamedField[] = [];
  readonly contents: NamedField[] = [];

  constructor(into: IdentityWriter) {
    this.#into = into;
  }

  bytes(bytes: Uint8Array | null, name?: string): void {
    this.#into.bytes(bytes, name);
    this.identity.push(field(this.identity, bytes === null ? null : readable(bytes), name));
  }
  text(text: string, name?: string): void {
    this.#into.text(text, name);
    this.identity.push(field(this.identity, text, name));
  }
  number(value: number, name?: string): void {
    this.#into.number(value, name);
    this.identity.push(field(this.identity, value, name));
  }
  content(bytes: Uint8Array | null, name?: string): void {
    this.#into.content(bytes, name);
    this.contents.push(field(this.contents, bytes === null ? null : readable(bytes, LONGEST_CONTENT), name));
  }

  get bucket(): number {
    return this.#into.bucket;
  }
  set bucket(bucket: number) {
    this.#into.bucket = bucket;
  }
  get deletes(): boolean {
    return this.#into.deletes;
  }
  set deletes(deletes: boolean) {
    this.#into.deletes = deletes;
  }
  get aligned(): boolean {
    return this.#into.aligned;
  }
  set aligned(aligned: boolean) {
    this.#into.aligned = aligned;
  }
  get streamed(): boolean {
    return this.#into.streamed;
  }
  set streamed(streamed: boolean) {
    this.#into.streamed = streamed;
  }
  get source(): string | undefined {
    return this.#into.source;
  }
  set source(source: string | undefined) {
    this.#into.source = source;
  }
  get domain(): string {
    return this.#into.domain;
  }
  set domain(domain: string) {
    this.#into.domain = domain;
  }
  get position(): number {
    return this.#into.position;
  }
  set position(position: number) {
    this.#into.position = position;
  }
  get timeMs(): number {
    return this.#into.timeMs;
  }
  set timeMs(timeMs: number) {
    this.#into.timeMs = timeMs;
  }
}

function field(
  before: readonly NamedField[],
  value: string | number | null,
  name = `#${before.length + 1}`,
): NamedField {
  return { name, value };
}

const LONGEST = 200;
/** Contents are held against each other: what differs may lie far behind. */
const LONGEST_CONTENT = 4_000;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text where the bytes are text, the value where they are one in canonical form, hexadecimal digits otherwise; cut where it is long. */
export function readable(bytes: Uint8Array, longest: number = LONGEST): string | number | null {
  const text = textOf(bytes) ?? canonicalText(bytes);
  if (text === null || typeof text === "number") return text;
  const shown = text ?? hex(bytes, longest);
  return shown.length <= longest ? shown : `${shown.slice(0, longest)}... (${bytes.length} bytes)`;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes);
    // Control characters would garble a terminal.
    return /[\p{Cc}]/u.test(text.replaceAll(/[\t\n\r]/g, "")) ? undefined : text;
  } catch {
    return undefined;
  }
}

function hex(bytes: Uint8Array, longest: number): string {
  return `0x${Buffer.from(bytes.subarray(0, longest)).toString("hex")}`;
}

/** For whoever wants the names and values alone. */
export function namedFieldsAlone(): NamedFields {
  return new NamedFields({
    bytes: () => undefined,
    text: () => undefined,
    number: () => undefined,
    content: () => undefined,
    bucket: -1,
    deletes: false,
    aligned: true,
    streamed: true,
    source: undefined,
    domain: "",
    position: Number.NaN,
    timeMs: Number.NaN,
  });
}
