import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { pipeline, Transform } from "node:stream";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * What the network does: everything arrives; connections break and none is made; connections stand, and nothing
 * arrives; every piece takes `slowMs` longer.
 */
export type Weather = "fair" | "cut" | "hung" | { readonly slowMs: number };

/** A piece of network between two processes. */
export class Proxy {
  readonly #server: Server;
  readonly #to: Address;
  readonly #sockets = new Set<Socket>();
  #weather: Weather = "fair";
  /** What waits for better weather. */
  #waiting: (() => void)[] = [];

  private constructor(to: Address) {
    this.#to = to;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens at `at` (port 0: any) and leads to `to`. */
  static async open(at: Address, to: Address): Promise<Proxy> {
    const proxy = new Proxy(to);
    proxy.#server.listen(at.port, at.host);
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  become(weather: Weather): void {
    this.#weather = weather;
    if (weather === "cut") this.#breakAll();
    if (weather === "hung") return;
    for (const go of this.#waiting.splice(0)) go();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.become("cut");
    await closed;
  }

  #breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(near: Socket): void {
    if (this.#weather === "cut") return void near.destroy();
    const far = connect(this.#to.port, this.#to.host);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.once("close", () => this.#sockets.delete(socket));
      pipeline(socket, this.#passage(), other, (error) => {
        if (error) [near, far].forEach((each) => each.destroy());
      });
    }
  }

  /** Whatever passes, passes as the weather lets it. */
  #passage(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        const pass = (): void => {
          if (this.#weather === "hung") this.#waiting.push(pass);
          else done(null, chunk);
        };
        if (typeof this.#weather === "object") setTimeout(pass, this.#weather.slowMs);
        else pass();
      },
    });
  }
}
