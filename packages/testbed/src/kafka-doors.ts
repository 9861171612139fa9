/** A listener of a broker that tells clients to come by another port: where a proxy of the test stands. */
export interface Door {
  /** Where the broker listens. */
  readonly listens: number;
  /** Where it says that it does. */
  readonly advertised: number;
}

interface Ports {
  readonly plain: number;
  readonly controller: number;
  readonly doors: readonly Door[];
}

/** Lines of server.properties: a plain listener for each door, beside the usual one. */
export function doorProperties({ controller, doors, plain }: Ports): Record<string, string> {
  const name = (i: number): string => `DOOR${i}`;
  const each = (line: (door: Door, i: number) => string): string =>
    doors.map((door, i) => `,${line(door, i)}`).join("");
  return {
    listeners: `PLAINTEXT://127.0.0.1:${plain},CONTROLLER://127.0.0.1:${controller}${each(({ listens }, i) => `${name(i)}://127.0.0.1:${listens}`)}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${plain}${each(({ advertised }, i) => `${name(i)}://127.0.0.1:${advertised}`)}`,
    "listener.security.protocol.map": `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${each((_, i) => `${name(i)}:PLAINTEXT`)}`,
  };
}
