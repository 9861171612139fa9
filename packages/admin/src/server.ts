import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TandemError } from "@tandem-cdc/core";
import { checkReach } from "./guard.ts";
import { adminHandler, type AdminOptions } from "./handler.ts";

export interface AdminServer {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string;
  close(): Promise<void>;
}

export interface AdminServerOptions extends AdminOptions {
  /** Default 127.0.0.1. Any other than loopback needs a token. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Who is slower than that holds no connection. */
const TIMES = {
  headersTimeout: 3_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 64;

/** Serves the administration API. */
export async function adminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { host = "127.0.0.1", port, token } = options;
  checkReach(host, token);
  const server = createServer(TIMES, adminHandler({ ...options, host }));
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(cannotListen(host, port, cause)));
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

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): TandemError {
  return new TandemError(
    "CONFIG_INVALID",
    cause.code === "EADDRINUSE"
      ? `admin: port ${port} on ${host} is taken: choose another admin.port (0 for any free one)`
      : `admin: cannot listen on ${host}:${port}: ${cause.message}`,
    { cause },
  );
}
