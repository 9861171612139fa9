import type { IdentityWriter } from "@tandem-cdc/core";

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
    this.contents.push(field(this.contents, bytes === null ? null : readable(bytes), name));
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
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text where the bytes are text, hexadecimal digits otherwise; cut where it is long. */
export function readable(bytes: Uint8Array): string {
  let text: string;
  try {
    text = decoder.decode(bytes);
    // Control characters would garble a terminal.
    if (/[\p{Cc}]/u.test(text.replaceAll(/[\t\n\r]/g, ""))) text = hex(bytes);
  } catch {
    text = hex(bytes);
  }
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}... (${bytes.length} bytes)`;
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.subarray(0, LONGEST)).toString("hex")}`;
}
