import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Proxy } from "@tandem-cdc/chaos";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const ANY = { host: "127.0.0.1", port: 0 };

let echo: Server;
let proxy: Proxy;
const clients: Socket[] = [];
beforeEach(async () => {
  echo = createServer((socket) => void socket.on("error", () => undefined).pipe(socket));
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  proxy = await Proxy.open(ANY, { host: "127.0.0.1", port: (echo.address() as AddressInfo).port });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  echo.close();
});

async function client(): Promise<Socket> {
  const socket = connect(proxy.port, "127.0.0.1");
  clients.push(socket);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

async function heard(socket: Socket, bytes: number): Promise<string> {
  let all = "";
  while (all.length < bytes) all += String((await once(socket, "data"))[0]);
  return all;
}

/** Whether something arrives within 100 ms. */
function silent(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), 100);
    socket.once("data", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

describe("a network", () => {
  it("carries everything both ways in fair weather", async () => {
    const socket = await client();
    const long = "0123456789".repeat(100_000);
    socket.write(long);
    expect(await heard(socket, long.length)).toBe(long);
  });

  it("breaks what stands when it is cut, takes nobody, and does again afterwards", async () => {
    const socket = await client();
    socket.write("a");
    await heard(socket, 1);
    const closed = once(socket, "close");
    proxy.become("cut");
    await closed;
    await once(await client(), "close");
    proxy.become("fair");
    const again = await client();
    again.write("b");
    expect(await heard(again, 1)).toBe("b");
  });

  it("keeps what is on its way when it hangs, and delivers it in order afterwards", async () => {
    const socket = await client();
    socket.write("a");
    await heard(socket, 1);
    proxy.become("hung");
    socket.write("b");
    expect(await silent(socket)).toBe(true);
    socket.write("c");
    proxy.become("fair");
    expect(await heard(socket, 2)).toBe("bc");
  });

  it("cut while it hangs forgets what was on its way", async () => {
    const socket = await client();
    proxy.become("hung");
    socket.write("a");
    expect(await silent(socket)).toBe(true);
    const closed = once(socket, "close");
    proxy.become("cut");
    await closed;
  });

  it("is slow when told to be", async () => {
    const socket = await client();
    proxy.become({ slowMs: 60 });
    const began = performance.now();
    socket.write("a");
    expect(await heard(socket, 1)).toBe("a");
    // There and back.
    expect(performance.now() - began).toBeGreaterThanOrEqual(115);
  });

  it("passes the end of one side on to the other", async () => {
    const socket = await client();
    const ended = once(socket, "end");
    socket.resume();
    socket.end("bye");
    await ended;
  });
});
