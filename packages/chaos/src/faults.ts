import type { Server } from "@tandem-cdc/testbed";
import type { Fleet } from "./fleet.ts";
import { ended, type Instance } from "./instance.ts";
import type { KafkaStage } from "./kafka-stage.ts";
import type { Proxy, Weather } from "./proxy.ts";
import type { Fault, FaultKind } from "./schedule.ts";
import type { Sources } from "./sources.ts";
import type { StoreStage } from "./store-stage.ts";

/** Everything that can be hit. */
export interface Scene {
  readonly kafka: KafkaStage;
  readonly store: StoreStage;
  readonly fleet: Fleet;
  readonly sources: Sources;
}

/** How long a zombie that was replaced may live on once it moves again. */
const ZOMBIE_MS = 30_000;
/** Within a horizon of an hour, and no further ahead than a broker takes. */
const CLOCK_MS = 30 * 60_000;

/** Does it, and resolves when it is over and what was hit is started again: to what was hit. */
type Doing = (scene: Scene, fault: Fault) => Promise<string>;

const DO: Readonly<Record<FaultKind, Doing>> = {
  async killed({ fleet }, { holdMs, pick }) {
    const instance = one(fleet.deployed, pick);
    await instance.kill();
    await pause(holdMs);
    instance.start();
    return named(instance);
  },

  async zombie({ fleet }, { holdMs, pick }) {
    const instance = one(fleet.deployed, pick);
    const { process } = instance;
    process?.kill("SIGSTOP");
    await pause(holdMs);
    process?.kill("SIGCONT");
    return named(instance);
  },

  async zombieReplaced({ fleet }, { holdMs, pick }) {
    const instance = one(fleet.deployed, pick);
    const zombie = instance.release();
    zombie?.kill("SIGSTOP");
    instance.start();
    await pause(holdMs);
    if (zombie === undefined) return named(instance);
    const code = await ended(zombie, ZOMBIE_MS, "SIGCONT");
    return `${named(instance)}; the zombie ${code === null ? `lived on for ${ZOMBIE_MS / 1_000} s` : `ended with ${code}`}`;
  },

  async rollingRestart({ fleet }, { holdMs }) {
    const codes: (number | string)[] = [];
    for (const instance of fleet.deployed) {
      // None: it had to be killed, or did not listen yet.
      codes.push((await instance.stop()) ?? "none");
      instance.start();
      await pause(holdMs);
    }
    return `${codes.length} instances, exit codes ${codes.join(", ")}`;
  },

  async scaled({ fleet }) {
    return `to ${await fleet.scale()}`;
  },

  brokerKilled: ({ kafka }, fault) => killed(kafka.cluster.brokers, fault),
  brokerHalted: ({ kafka }, fault) => halted(kafka.cluster.brokers, fault),
  storeKilled: ({ store }, fault) => killed(store.servers, fault),
  storeHalted: ({ store }, fault) => halted(store.servers, fault),
  kafkaCut: (scene, fault) => weather(scene, fault, "cut", "kafka"),
  kafkaHung: (scene, fault) => weather(scene, fault, "hung", "kafka"),
  kafkaSlow: (scene, fault) => weather(scene, fault, { slowMs: 20 + Math.round(fault.way * 180) }, "kafka"),
  storeCut: (scene, fault) => weather(scene, fault, "cut", "store"),
  storeHung: (scene, fault) => weather(scene, fault, "hung", "store"),
  storeSlow: (scene, fault) => weather(scene, fault, { slowMs: 20 + Math.round(fault.way * 180) }, "store"),

  async clockJumped({ sources }, { holdMs, pick, way }) {
    const source = pick < 0.5 ? "a" : "b";
    const skewMs = Math.round((way * 2 - 1) * CLOCK_MS);
    sources.setClock(source, skewMs);
    await pause(holdMs);
    sources.setClock(source, 0);
    return `source ${source} by ${Math.round(skewMs / 1_000)} s`;
  },
};

export function happen(scene: Scene, fault: Fault): Promise<string> {
  return DO[fault.kind](scene, fault);
}

async function killed(servers: readonly Server[], { holdMs, pick }: Fault): Promise<string> {
  const server = one(servers, pick);
  await server.kill();
  await pause(holdMs);
  await server.restart();
  return `${servers.indexOf(server) + 1} of ${servers.length}`;
}

async function halted(servers: readonly Server[], { holdMs, pick }: Fault): Promise<string> {
  const server = one(servers, pick);
  await server.kill("SIGSTOP");
  await pause(holdMs);
  await server.kill("SIGCONT");
  return `${servers.indexOf(server) + 1} of ${servers.length}`;
}

/** Between one instance and all servers, or one of them. */
async function weather(
  scene: Scene,
  { holdMs, pick, way }: Fault,
  become: Weather,
  to: "kafka" | "store",
): Promise<string> {
  const instance = one(scene.fleet.deployed, pick);
  const all = scene[to].links(instance.number);
  const links: readonly Proxy[] = way < 0.5 ? all : [one(all, (way - 0.5) * 2)];
  for (const link of links) link.become(become);
  await pause(holdMs);
  for (const link of links) link.become("fair");
  return `${named(instance)}, ${links.length} of ${all.length} servers`;
}

function one<T>(all: readonly T[], pick: number): T {
  const found = all[Math.floor(pick * all.length)];
  if (found === undefined) throw new Error("nothing is there to be hit");
  return found;
}

function named({ number }: Instance): string {
  return `instance ${number}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
