import { createServer } from "node:net";

const given = new Set<number>();

/**
 * A loopback port that nothing listens on, at any of the addresses, and that this process has not handed out before. Below the range that
 * outgoing connections get their ports from: a server that is killed and restarted finds its port free again, and a
 * client that keeps calling a dead server's port cannot be connected to itself.
 */
export async function freePort(addresses: readonly string[] = ["127.0.0.1"]): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (given.has(port) || !(await Promise.all(addresses.map((address) => binds(port, address)))).every(Boolean))
      continue;
    given.add(port);
    return port;
  }
  throw new Error("no free loopback port between 15000 and 32000");
}

function binds(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}
