import type { Clock, HashStrategy, IdentityStrategy, KeyStore, Transform, Transport } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup } from "@tandem-cdc/dedup";
import { type FaultName, Faults } from "../faults.ts";
import { Connector, SOURCE_HEADER, topicOf } from "../history/connector.ts";
import { Database, KEYED, KEYLESS } from "../history/database.ts";
import { SimulatedKafka } from "../kafka/simulated-kafka.ts";
import { Random } from "../random.ts";
import { Scheduler } from "../scheduler.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { type OwnerStore, ownerStore } from "../store/owner-store.ts";
import { Trace } from "./trace.ts";

/** The place where a part of a pipeline is made: one process's view of the world. */
export interface Site {
  readonly name: string;
  readonly instance: string;
  readonly kafka: SimulatedKafka;
  readonly process: SimulatedProcess;
  readonly clock: Clock;
}

/** What is put under test. Left out, it is dedup of MariaDB events with known sources. */
export interface Subject {
  /** The pipeline's transforms, made anew for each process. `keyStore` is the shared one behind its faults. */
  readonly transforms?: (keyStore: KeyStore, site: Site) => readonly Transform[];
  readonly identity?: IdentityStrategy;
  /** Wraps the shared store, for the mutants of stores. Called once per process. */
  readonly keyStore?: (store: KeyStore, site: Site) => KeyStore;
  readonly transport?: (transport: Transport, site: Site) => Transport;
  /** How often what goes wrong. Default `FAULT_RATES`. */
  readonly faultRates?: Readonly<Partial<Record<FaultName, number>>>;
}

/** What does not depend on the seed. */
export interface Setting {
  readonly hash: HashStrategy;
  readonly subject: Subject;
}

/** Everything outside of the processes, and how large this history is: all by one seed. */
export class World {
  readonly name: string = "simulated";
  readonly random: Random;
  readonly scheduler: Scheduler = new Scheduler();
  readonly kafka: SimulatedKafka;
  readonly faults: Faults;
  readonly trace: Trace;
  readonly store: OwnerStore = ownerStore();
  readonly connectors: readonly Connector[];
  readonly instances: readonly string[];
  readonly topics: readonly string[] = [topicOf(KEYED), topicOf(KEYLESS)];
  readonly pollRecords: number;
  readonly setting: Setting;
  /** Nobody reaches the key store until then. */
  storeDownUntil = 0;

  constructor(seed: number, setting: Setting, traced: boolean) {
    const random = new Random(seed);
    this.random = random;
    this.setting = setting;
    this.faults = new Faults(random.fork(), setting.subject.faultRates);
    this.faults.intensity = random.pick([0.2, 1, 1, 3]);
    this.trace = new Trace(() => this.scheduler.now, traced);
    const slowMarkers = random.chance(0.3);
    const markerMs = (r: Random): number =>
      slowMarkers && !this.faults.quiet && r.chance(0.1) ? r.between(50, 4_000) : r.between(0.2, 5);
    this.kafka = new SimulatedKafka({ scheduler: this.scheduler, random: random.fork(), transactions: { markerMs } });
    this.kafka.createTopic(topicOf(KEYED), 1 + random.below(3));
    this.kafka.createTopic(topicOf(KEYLESS), 1);
    const changes = Database.history(random.fork(), 4 + random.below(12));
    const now = (): number => this.scheduler.now;
    this.connectors = ["a", "b"].map(
      (source) => new Connector({ kafka: this.kafka, random: random.fork(), source, changes, now }),
    );
    this.instances = random.chance(0.6) ? ["0", "1"] : ["0", "1", "2"];
    this.pollRecords = random.pick([2, 10, 60]);
  }

  get storeDown(): boolean {
    return this.scheduler.now < this.storeDownUntil;
  }

  transforms(keyStore: KeyStore, site: Site): readonly Transform[] {
    const { hash, subject } = this.setting;
    if (subject.transforms !== undefined) return subject.transforms(keyStore, site);
    const identity = subject.identity ?? debeziumIdentity({ sources: { header: SOURCE_HEADER } });
    return [dedup({ identity, keyStore, hash, clock: site.clock, retry: { attempts: 3 } })];
  }
}
