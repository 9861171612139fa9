import { isRetriable, TandemError } from "@tandem-cdc/core";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { answered } from "./answer.ts";
import { reasonOf, sortError } from "./errors.ts";
import { DEFAULT_TIMEOUT_MS, invalid, type RedisBlockStoreOptions } from "./options.ts";

type Settings = Omit<RedisOptions, "replyMapping">;

/** A client, and what is known about its connection. */
export class Connection {
  readonly client: Redis | Cluster;
  readonly #server: string;
  readonly #timeoutMs: number;
  readonly #ours: boolean;
  /** A node of the cluster. */
  readonly #node: Settings | undefined;
  #trouble: Error | undefined;

  constructor(options: RedisBlockStoreOptions) {
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#ours = options.client === undefined;
    [this.client, this.#server] = clientOf(options, this.#timeoutMs);
    const [node] = options.nodes ?? [];
    this.#node = node === undefined ? undefined : { ...address(node), ...commonOptions(options, this.#timeoutMs) };
    this.client.on("ready", () => (this.#trouble = undefined));
    this.client.on("error", this.#onTrouble);
    this.client.on("node error", this.#onTrouble);
  }

  /** Connects a client of ours; one that was handed over is connected by its owner. */
  async open(): Promise<void> {
    if (!this.#ours) return;
    try {
      await this.ask((client) => client.connect());
    } catch (error) {
      if (this.#node === undefined || !isRetriable(error)) throw error;
      await this.#tryNode(this.#node);
      throw sortError(error instanceof TandemError ? error.cause : error, this.#server, this.#trouble);
    }
  }

  /** Why a cluster is not reached: its client says that a node's connection was closed, and not why. */
  async #tryNode(settings: Settings): Promise<void> {
    const node = new Redis({ ...settings, lazyConnect: true, retryStrategy: null });
    node.on("error", this.#onTrouble);
    await answered(node.connect(), this.#timeoutMs).catch(this.#onTrouble);
    node.disconnect();
  }

  readonly #onTrouble = (thrown: unknown): void => {
    const reason = reasonOf(thrown);
    // It follows every other trouble, and says less.
    if (reason.message !== "Connection is closed.") this.#trouble = reason;
  };

  /** One question to the server, with every error sorted. */
  async ask<T>(question: (client: Redis | Cluster) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    try {
      const answer = await answered(question(this.client), this.#timeoutMs, signal);
      this.#trouble = undefined;
      return answer;
    } catch (thrown) {
      signal?.throwIfAborted();
      throw sortError(thrown, this.#server, this.#trouble);
    }
  }

  /** The same question to every master. */
  askMasters<T>(question: (master: Redis) => Promise<T>): Promise<T[]> {
    return this.ask((client) => Promise.all(("nodes" in client ? client.nodes("master") : [client]).map(question)));
  }

  close(): void {
    if (this.#ours) this.client.disconnect();
  }
}

function clientOf(options: RedisBlockStoreOptions, timeoutMs: number): [client: Redis | Cluster, server: string] {
  const { client, name, nodes, sentinels, url } = options;
  if (client !== undefined) return [client, "the Redis client that was handed over"];
  const common = commonOptions(options, timeoutMs);
  if (nodes !== undefined) {
    // A dead node's slots are elsewhere after a failover; until then this many tries, a tenth of a second apart.
    const cluster = new Cluster(nodes.map(address), {
      enableOfflineQueue: false,
      lazyConnect: true,
      maxRedirections: 6,
      redisOptions: common,
    });
    return [cluster, `Redis cluster ${nodes.join(", ")}`];
  }
  const redis = { ...common, enableOfflineQueue: false, lazyConnect: true, retryStrategy };
  if (sentinels !== undefined) {
    const tls = tlsOf(options.sentinelTls ?? options.tls);
    const sentinel = {
      sentinels: sentinels.map(address),
      name: name ?? "",
      ...(options.sentinelUsername !== undefined && { sentinelUsername: options.sentinelUsername }),
      ...(options.sentinelPassword !== undefined && { sentinelPassword: options.sentinelPassword }),
      ...(tls !== undefined && { sentinelTLS: tls }),
      // Without it the client would talk to the master in the clear, whatever `tls` says.
      enableTLSForSentinelMode: redis.tls !== undefined,
      sentinelCommandTimeout: timeoutMs,
      sentinelRetryStrategy: retryStrategy,
    };
    return [new Redis({ ...redis, ...sentinel }), `Redis ${name} of sentinels ${sentinels.join(", ")}`];
  }
  const at = fromUrl(url ?? "");
  return [new Redis({ ...at, ...redis }), `Redis ${at.host}:${at.port}`];
}

function commonOptions(options: RedisBlockStoreOptions, timeoutMs: number): Settings {
  const tls = tlsOf(options.tls);
  return {
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
    ...(tls !== undefined && { tls }),
    // What was not acknowledged fails at once and is written again by the caller: nothing is queued or sent again here.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: timeoutMs,
    // A connection that went silent (a cut cable, a machine gone) is given up and made anew.
    socketTimeout: timeoutMs * 2,
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    disableClientInfo: true,
  };
}

function retryStrategy(times: number): number {
  return Math.min(50 * 2 ** Math.min(times - 1, 10), 2_000);
}

function tlsOf(tls: RedisBlockStoreOptions["tls"]): Exclude<RedisBlockStoreOptions["tls"], boolean> {
  if (tls === true) return {};
  return tls === false ? undefined : tls;
}

function address(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) throw invalid(`"${text}" is not host:port`);
  return { host: match[1] ?? match[2] ?? "", port: Number(match[3]) };
}

/** The message must not hold the URL: it may hold a password. */
function fromUrl(text: string): Settings & { host: string; port: number } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const db = Number(url?.pathname.slice(1) ?? "");
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === "" || !Number.isInteger(db))
    throw invalid("url is not of the form redis://host:port/db or rediss://host:port/db");
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 6379),
    ...(url.username !== "" && { username: decodeURIComponent(url.username) }),
    ...(url.password !== "" && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === "rediss:" && { tls: {} }),
    db,
  };
}
