import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TandemError } from "@tandem-cdc/core";
import type { Registry } from "prom-client";

export interface MetricsServer {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string;
  close(): Promise<void>;
}

export interface MetricsServerOptions {
  readonly registry: Registry;
  /** Default 127.0.0.1: nothing is shown to the network unless it is asked for. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Serves `/metrics`, and `/livez`, which answers as long as the process does. */
export async function serveMetrics({
  host = "127.0.0.1",
  port,
  registry,
}: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = "text/plain"): void =>
      void response.writeHead(status, { "content-type": type }).end(text);
    const path = request.url?.split("?")[0];
    if (path === "/livez") answer(200, "ok\n");
    else if (path === "/metrics")
      registry.metrics().then(
        (text) => answer(200, text, registry.contentType),
        () => answer(500, "the metrics cannot be collected\n"),
      );
    else answer(404, "try /metrics or /livez\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new TandemError(
          "CONFIG_INVALID",
          cause.code === "EADDRINUSE"
            ? `metrics: port ${port} on ${host} is taken: choose another metrics.port (0 for any free one)`
            : `metrics: cannot listen on ${host}:${port}: ${cause.message}`,
          { cause },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
