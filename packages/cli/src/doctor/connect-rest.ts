import { asError } from "@tandem-cdc/core";

export interface Connector {
  readonly name: string;
  /** The worker's URL, without user and password. */
  readonly at: string;
  readonly config: Readonly<Record<string, string>>;
  /** States of the connector and its tasks, such as RUNNING. */
  readonly states: readonly string[];
}

export interface FoundConnectors {
  readonly connectors: readonly Connector[];
  /** Workers that do not answer, and why. */
  readonly silent: readonly { readonly at: string; readonly why: string }[];
}

/** Every connector of these workers, once each: workers of one cluster tell the same. */
export async function connectorsAt(urls: readonly string[], timeoutMs: number): Promise<FoundConnectors> {
  const silent: { at: string; why: string }[] = [];
  const found = await Promise.all(
    urls.map(async (url) => {
      const worker = workerOf(url);
      try {
        return await ask(worker, timeoutMs);
      } catch (thrown) {
        silent.push({ at: worker.at, why: reasonOf(thrown) });
        return [];
      }
    }),
  );
  const connectors = new Map<string, Connector>();
  for (const connector of found.flat()) {
    const keys = Object.keys(connector.config).toSorted();
    connectors.set(JSON.stringify([connector.name, ...keys.map((key) => [key, connector.config[key]])]), connector);
  }
  return { connectors: [...connectors.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)), silent };
}

interface Worker {
  readonly at: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `fetch` refuses a URL with a login in it. */
function workerOf(text: string): Worker {
  const url = new URL(text);
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = url.password = "";
  const headers = login === ":" ? {} : { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
  return { at: url.toString().replace(/\/$/, ""), headers };
}

async function ask({ at, headers }: Worker, timeoutMs: number): Promise<Connector[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await fetch(`${at}/connectors?expand=info&expand=status`, { headers, signal });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const all = (await answer.json()) as Readonly<Record<string, Told>>;
  return Object.entries(all).flatMap(([name, { info, status }]) => {
    // A worker that is rebalancing leaves one out.
    if (info?.config === undefined) return [];
    const states = [status?.connector, ...(status?.tasks ?? [])].flatMap((each) => each?.state ?? []);
    return [{ name, at, config: info.config, states }];
  });
}

interface Told {
  readonly info?: { readonly config?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly connector?: { readonly state?: string };
    readonly tasks?: readonly { readonly state?: string }[];
  };
}

/** What `fetch` says is "fetch failed"; why, its cause does. */
function reasonOf(thrown: unknown): string {
  const error = asError(thrown);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
