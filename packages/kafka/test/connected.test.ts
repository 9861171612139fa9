import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { connected } from "../src/internal/connected.ts";

const AT = "sasl_ssl://127.0.0.1:9093/bootstrap: ";
const LOGIN = "SASL authentication error: Authentication failed (after 3ms in state AUTH_REQ)";
const CERTIFICATE = "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed";
const NO_TLS = "SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener? (after 1ms in state X)";
const WANTS_TLS =
  "Disconnected: connection closed by peer: receive 0 after POLLIN (after 9ms in state APIVERSION_QUERY)";
const WANTS_LOGIN = "Disconnected: SSL connection closed by peer (after 9ms in state UP)";

/** A client that logs these lines, and then fails or not. */
function client(lines: readonly string[], fails: boolean, afterMs = 10_000): Parameters<typeof connected>[1] {
  const emitter = new EventEmitter();
  return Object.assign(emitter, {
    connect(_: unknown, done: (error: Error | null) => void) {
      for (const line of lines) emitter.emit("event.log", { message: `[thrd:${AT}]: ${AT}${line}` });
      setTimeout(() => done(fails ? new Error("broker transport failure") : null), afterMs);
    },
  }) as never;
}

async function refusal(lines: readonly string[], afterMs?: number): Promise<unknown> {
  vi.useFakeTimers();
  try {
    const failed = connected("connecting", client(lines, true, afterMs)).catch((thrown: unknown) => thrown);
    await vi.advanceTimersByTimeAsync(3_500);
    const early = await Promise.race([failed, Promise.resolve("still connecting")]);
    if (early !== "still connecting") return early;
    await vi.advanceTimersByTimeAsync(10_000);
    return await failed;
  } finally {
    vi.useRealTimers();
  }
}

describe("a client that cannot connect", () => {
  it.each([
    [LOGIN, /^connecting: sasl_ssl:\S+ SASL authentication error: Authentication failed \(.*mend sasl\.username/],
    [CERTIFICATE, /certificate verify failed \(.*mend ssl\.ca\.location/],
    [
      "Receive failed: SSL routines::sslv3 alert bad certificate: SSL alert number 42",
      /mend ssl\.certificate\.location/,
    ],
    [
      "SSL handshake failed: SSL routines::tlsv1 alert unknown ca: SSL alert number 48",
      /mend ssl\.certificate\.location/,
    ],
    ["Broker: Unsupported SASL mechanism", /mend sasl\.mechanisms/],
  ])("is given up early where only a person can help: %s", async (line, message) => {
    expect(await refusal([line, WANTS_TLS], 60_000)).toMatchObject({
      code: "TRANSPORT_FAILED",
      retriable: false,
      message: expect.stringMatching(message) as string,
    });
  });

  it.each([
    [NO_TLS, /no TLS is spoken .*mend security\.protocol/],
    [WANTS_TLS, /wants TLS does: mend security\.protocol/],
    [WANTS_LOGIN, /wants a login does: mend security\.protocol/],
  ])("says what it may be, and may be tried again: %s", async (line, message) => {
    expect(await refusal([line])).toMatchObject({
      code: "TRANSPORT_FAILED",
      retriable: true,
      message: expect.stringMatching(message) as string,
    });
  });

  it("has its own error where it logged nothing that is known", async () => {
    expect(await refusal(["Connect to ipv4#127.0.0.1:1 failed: Connection refused"])).toEqual(
      new Error("broker transport failure"),
    );
  });
});

it("a broker that lets no one in does no harm where another one does", async () => {
  await connected("connecting", client([LOGIN], false, 10));
});
