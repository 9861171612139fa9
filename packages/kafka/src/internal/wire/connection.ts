import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { asError, TandemError } from "@tandem-cdc/core";
import { Answer, RequestBody } from "./bytes.ts";
import type { Security } from "./security.ts";

const API = { saslHandshake: 17, saslAuthenticate: 36 };
const MOST_BYTES = 64 * 1024 * 1024;

export interface Address {
  readonly host: string;
  readonly port: number;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to one broker for a few questions, logged in. Not for records: those are the native client's. */
export class BrokerConnection {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #received: Buffer = Buffer.alloc(0);
  #asked = 0;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.on("data", (part) => this.#take(Buffer.from(part)));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the broker hung up")));
  }

  static async open({ host, port }: Address, security: Security, timeoutMs: number): Promise<BrokerConnection> {
    const socket = await connected({ host, port }, security, timeoutMs);
    const connection = new BrokerConnection(socket, timeoutMs);
    try {
      await connection.#logIn(security);
      return connection;
    } catch (thrown) {
      connection.close();
      throw thrown;
    }
  }

  /** One request, answered in this version of it. */
  ask(api: number, version: number, body: RequestBody = new RequestBody()): Promise<Answer> {
    const id = ++this.#asked;
    const header = new RequestBody().int16(api).int16(version).int32(id).text("tandem-doctor").done();
    const request = Buffer.concat([header, body.done()]);
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no answer within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      ).unref();
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          this.#waiting.delete(id);
          then(value);
        };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#socket.write(Buffer.concat([new RequestBody().int32(request.length).done(), request]));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  async #logIn({ login, mechanism }: Security): Promise<void> {
    if (mechanism === undefined) return;
    const offered = await this.ask(API.saslHandshake, 1, new RequestBody().text(mechanism));
    if (offered.int16() !== 0) throw refused(`the broker does not know a login by ${mechanism}`);
    const steps = login();
    for (let message: Buffer | undefined = steps.first; message !== undefined;) {
      const answer = await this.ask(API.saslAuthenticate, 0, new RequestBody().bytes(message));
      const [code, said] = [answer.int16(), answer.nullableText()];
      if (code !== 0) throw refused(said ?? "the broker refuses this login");
      message = steps.next(answer.bytes());
    }
  }

  #take(part: Buffer): void {
    this.#received = Buffer.concat([this.#received, part]);
    while (this.#received.length >= 8) {
      const length = this.#received.readInt32BE(0);
      if (length < 4 || length > MOST_BYTES) return void this.#socket.destroy(new Error("no Kafka is spoken there"));
      if (this.#received.length < 4 + length) return;
      const answer = this.#received.subarray(4, 4 + length);
      this.#received = this.#received.subarray(4 + length);
      this.#waiting.get(answer.readInt32BE(0))?.resolve(new Answer(answer.subarray(4)));
    }
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
  }
}

async function connected({ host, port }: Address, { tls }: Security, timeoutMs: number): Promise<Socket> {
  const socket = tls === undefined ? connect({ host, port }) : connectTls({ host, port, ...tls(host) });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(timeoutMs, () => reject(new Error(`no connection within ${timeoutMs} ms`)));
      socket.once("error", reject);
      socket.once(tls === undefined ? "connect" : "secureConnect", resolve);
    });
    socket.setTimeout(0);
    return socket;
  } catch (thrown) {
    socket.destroy();
    throw new TandemError("TRANSPORT_FAILED", `${host}:${port}: ${asError(thrown).message}`, {
      cause: thrown,
      retriable: true,
    });
  }
}

function refused(message: string): TandemError {
  return new TandemError("TRANSPORT_FAILED", message);
}
