import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { configuration } from "@tandem-cdc/cli";
import { testPipeline } from "@tandem-cdc/testkit";
import { type ConnectRecord, extractNewRecordState } from "@tandem-cdc/transforms";
import { describe, expect, it, onTestFinished } from "vitest";
import convertCurrency from "../src/convert-currency.ts";
import pseudonymize from "../src/pseudonymize.ts";

const hide = pseudonymize({ fields: "email", secret: "a secret", length: 8 });

describe("Pseudonymize", () => {
  it("gives the same text the same pseudonym, in rows and in changes", async () => {
    const rows = await testPipeline({ transforms: [hide] })
      .send({ value: { id: 1, email: "ada@example.org" } })
      .outputs();
    const [pseudonym = ""] = rows.map(({ value }) => (value as { readonly email: string }).email);
    expect(pseudonym).toMatch(/^[0-9a-f]{8}$/);
    expect(rows).toHaveLength(1);
    const [before, after] = [
      { id: 1, email: "ada@example.org" },
      { id: 1, email: null },
    ];
    await testPipeline({ transforms: [hide] })
      .send({ before, after }, { before: after })
      .expect([
        { value: { op: "u", before: { id: 1, email: pseudonym }, after } },
        { value: { op: "d", before: after, after: null } },
        { value: null },
      ]);
    await testPipeline({ transforms: [pseudonymize({ fields: "email", secret: "another", length: 8 })] })
      .send({ value: before })
      .expect([{ value: { email: (text: string) => text !== pseudonym && text.length === 8 } }]);
  });

  it("makes dead letters of what it cannot hide, and lets nothing of it out", async () => {
    await testPipeline({ transforms: [hide], errors: { tolerance: "all", deadLetterTopic: "dead" } })
      .send({ value: { email: 7 } }, { value: "a text" }, { value: { id: 3 } })
      .expect([{ value: { id: 3 } }])
      .expectDeadLetters([
        { stage: "Pseudonymize", message: "email is no text, and only texts can have pseudonyms" },
        { message: /neither a row nor a change event/ },
      ]);
  });

  it("says what is wrong with its options", () => {
    expect(() => pseudonymize({ fields: "", secret: "", length: 7 })).toThrow(
      /fields: names no field; secret: must not be empty; length: /,
    );
  });
});

/** Rates over HTTP: answers so, after so many milliseconds. */
async function rates(answer: (currency: string, asked: number) => { status?: number; rate?: number; ms?: number }) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const currency = new URL(request.url ?? "/", "http://127.0.0.1").searchParams.get("currency") ?? "";
    asked.push(currency);
    const { ms = 0, rate, status = 200 } = answer(currency, asked.length);
    setTimeout(() => response.writeHead(status).end(JSON.stringify({ rate })), ms);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/rates` };
}

describe("tandem.yaml", () => {
  it("hides and converts, each change of two connectors once", async () => {
    const { url } = await rates(() => ({ rate: 2 }));
    const payment = { id: 1, email: "ada@example.org", card: null, amount: 10, currency: "CHF" };
    const file = fileURLToPath(new URL("../tandem.yaml", import.meta.url));
    await testPipeline(configuration(file, { PSEUDONYM_SECRET: "a secret", RATES_URL: url }))
      .send({ source: "a", after: payment })
      .send({ source: "b", after: payment })
      .expect([
        {
          topic: "dedup.cdc.shop.payments",
          value: { id: 1, email: /^[0-9a-f]{16}$/, card: null, amount: 10, amount_eur: 20 },
        },
      ]);
  });
});

describe("ConvertCurrency", () => {
  it("keeps the order, however long an answer takes", async () => {
    const { url } = await rates((currency) => (currency === "CHF" ? { rate: 1.05, ms: 100 } : { rate: 0.5 }));
    await testPipeline({ transforms: [extractNewRecordState({}), convertCurrency({ url })] })
      .send({ after: { id: 1, amount: 10, currency: "CHF" } }, { after: { id: 2, amount: 10, currency: "USD" } })
      .expect([{ value: { id: 1, amount: 10, amount_eur: 10.5 } }, { value: { id: 2, amount_eur: 5 } }]);
  });

  it("adds the field to the schema, where there is one", async () => {
    const { url } = await rates(() => ({ rate: 2 }));
    const schema = {
      type: "struct",
      optional: false,
      fields: [
        { field: "amount", type: "int32", optional: false },
        { field: "currency", type: "string", optional: false },
      ],
    };
    const event = { schema, payload: { amount: 1, currency: "XAU" } };
    const fields: string[] = [];
    const look = (record: ConnectRecord): ConnectRecord => {
      fields.push(...(record.valueSchema?.fields ?? []).map(({ name }) => name));
      return record;
    };
    await testPipeline({ transforms: [convertCurrency({ url, into: "eur" }), { name: "look", transform: look }] })
      .send({ value: new TextEncoder().encode(JSON.stringify(event)) })
      .expect([{ value: { amount: 1, currency: "XAU", eur: 2 } }]);
    expect(fields).toEqual(["amount", "currency", "eur"]);
  });

  it("asks again while the service fails, and gives up what it does not know", async () => {
    const { asked, url } = await rates((currency, n) => ({
      status: currency === "XXX" ? 404 : n < 3 ? 503 : 200,
      rate: 1,
    }));
    await testPipeline({
      transforms: [convertCurrency({ url, concurrency: 1 })],
      retry: { timeoutMs: 60_000, delayMaxMs: 1_000 },
      errors: { tolerance: "all", deadLetterTopic: "dead" },
    })
      .send({ value: { amount: 1, currency: "CHF" } }, { value: { amount: 1, currency: "XXX" } })
      .expect([{ value: { amount_eur: 1 } }])
      .expectDeadLetters([{ stage: "ConvertCurrency", message: "there is no rate of XXX" }]);
    expect(asked).toEqual(["CHF", "CHF", "CHF", "XXX"]);
  });
});
