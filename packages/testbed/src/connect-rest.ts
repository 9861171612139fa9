import { until } from "./internal/until.ts";

export type ConnectorConfig = Readonly<Record<string, string>>;

export interface ConnectorStatus {
  readonly name: string;
  readonly connector: { readonly state: string; readonly worker_id: string; readonly trace?: string };
  readonly tasks: readonly {
    readonly id: number;
    readonly state: string;
    readonly worker_id: string;
    readonly trace?: string;
  }[];
}

interface Endpoint {
  readonly url: string;
  readonly alive: boolean;
}

export interface ConnectRest {
  put(name: string, config: ConnectorConfig, worker?: number): Promise<void>;
  status(name: string): Promise<ConnectorStatus>;
  waitRunning(name: string, timeoutMs?: number): Promise<void>;
  restartConnector(name: string): Promise<void>;
  delete(name: string): Promise<void>;
}

/** Long enough for a rebalance after a worker was killed. */
const PATIENCE_MS = 60_000;

/** The REST interface of the workers; with `separate`, each connector is spoken to on the worker that it was put on. */
export function connectRest(workers: readonly Endpoint[], separate: boolean): ConnectRest {
  const homes = new Map<string, number>();
  const home = (name: string): Endpoint => {
    const index = homes.get(name) ?? 0;
    const worker = separate ? workers[index] : workers.find(({ alive }) => alive);
    if (worker === undefined)
      throw new Error(separate ? `there is no Connect worker ${index}` : "no Connect worker is alive");
    return worker;
  };
  const call = (method: string, name: string, path: string, body?: ConnectorConfig): Promise<Response> =>
    request(method, () => `${home(name).url}/connectors/${encodeURIComponent(name)}${path}`, body);
  const status = async (name: string): Promise<ConnectorStatus> =>
    (await (await call("GET", name, "/status")).json()) as ConnectorStatus;
  return {
    status,
    async put(name, config, worker = 0) {
      homes.set(name, worker);
      await call("PUT", name, "/config", config);
    },
    async waitRunning(name, timeoutMs = PATIENCE_MS) {
      let last: ConnectorStatus | undefined;
      try {
        await until(`connector ${name} to run`, timeoutMs, async () => isRunning((last = await status(name))), 100);
      } catch (error) {
        throw new Error(`${(error as Error).message}; its status: ${JSON.stringify(last)}`, { cause: error });
      }
    },
    async restartConnector(name) {
      await call("POST", name, "/restart?includeTasks=true&onlyFailed=false");
    },
    async delete(name) {
      await call("DELETE", name, "");
      homes.delete(name);
    },
  };
}

function isRunning({ name, connector, tasks }: ConnectorStatus): boolean {
  const failed = [connector, ...tasks].find(({ state }) => state === "FAILED");
  if (failed !== undefined) throw new Error(`connector ${name} has failed: ${failed.trace ?? "no trace"}`);
  return tasks.length > 0 && [connector, ...tasks].every(({ state }) => state === "RUNNING");
}

/**
 * Asks again while the answer is "later": 409 during a rebalance, 404 of a status not written yet, 500 of a request
 * that ran out during a rebalance, or no connection to a worker that is coming back.
 */
async function request(method: string, url: () => string, body?: ConnectorConfig): Promise<Response> {
  const headers = { "content-type": "application/json" };
  let last = "";
  try {
    return await until(`${method} ${url()}`, PATIENCE_MS, () => attempt(), 200);
  } catch (error) {
    throw new Error(`${(error as Error).message} ${last}`.trim(), { cause: error });
  }
  async function attempt(): Promise<Response | undefined> {
    let answer: Response;
    try {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      answer = await fetch(url(), { method, headers, ...sent, signal: AbortSignal.timeout(30_000) });
    } catch (error) {
      last = (error as Error).message;
      return undefined;
    }
    if (answer.ok) return answer;
    last = `${answer.status} ${await answer.text()}`;
    const later = answer.status === 409 || answer.status >= 500 || (answer.status === 404 && method === "GET");
    if (!later) throw new Error("refused:");
    return undefined;
  }
}
