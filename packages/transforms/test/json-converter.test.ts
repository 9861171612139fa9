import { TandemError } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { jsonConverter } from "@tandem-cdc/transforms";

const context = { topic: "shop.orders", part: "value" } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const SCHEMA = '{"type":"struct","fields":[{"type":"string","optional":true,"field":"a"}],"optional":false}';
const OTHER = '{"type":"string","optional":false}';

describe("an envelope whose beginning was seen before", () => {
  it.each([
    ["another field behind the payload", `{"schema":${SCHEMA},"payload":{"a":"x"},"more":1}`],
    ["its schema once more, and another one", `{"schema":${SCHEMA},"payload":"x","schema":${OTHER}}`],
    ["two payloads", `{"schema":${SCHEMA},"payload":{"a":"x"},"payload":{"a":"y"}}`],
    ["space at its end", `{"schema":${SCHEMA},"payload":{"a":"x"} }\n`],
    ["a field of a like name", `{"schema":${SCHEMA},"payload":{"a":"x"},"payloads":{}}`],
  ])("is read as it would be without: %s", (_, text) => {
    const seen = jsonConverter();
    seen.toConnectData(bytes(`{"schema":${SCHEMA},"payload":{"a":"x"}}`), context);
    expect(seen.toConnectData(bytes(text), context)).toEqual(jsonConverter().toConnectData(bytes(text), context));
  });

  it("is refused where it is no JSON", () => {
    const seen = jsonConverter();
    seen.toConnectData(bytes(`{"schema":${SCHEMA},"payload":{"a":"x"}}`), context);
    expect(() => seen.toConnectData(bytes(`{"schema":${SCHEMA},"payload":{"a":}}`), context)).toThrow(TandemError);
  });
});
