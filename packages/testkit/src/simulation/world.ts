import { type BlockStore, type HashStrategy, type KeyStore, packed } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup } from "@tandem-cdc/dedup";
import { Faults, type Strike } from "../faults.ts";
import { Connector, SOURCE_HEADER, topicOf } from "../history/connector.ts";
import { type Change, Database, KEYED, KEYLESS } from "../history/database.ts";
import { SimulatedKafka } from "../kafka/simulated-kafka.ts";
import { Random } from "../random.ts";
import { Scheduler } from "../scheduler.ts";
import { blockLog, faultyBlocks } from "../store/block-log.ts";
import { faultyStore } from "../store/faulty-store.ts";
import { outsideBlocks, outsideStore, storeMethods } from "../store/outside.ts";
import { ownerStore } from "../store/owner-store.ts";
import { Coverage } from "./coverage.ts";
import type { Scope } from "./scope.ts";
import type { PipelineParts, PipelineSite, Site, Subject } from "./site.ts";
import { toldStrike } from "./tale.ts";
import { Trace } from "./trace.ts";

/** What does not depend on the seed. */
export interface Setting {
  readonly hash: HashStrategy;
  readonly subject: Subject;
}

/** How a history goes on when everything is out. */
export type Epilogue = "none" | "replay" | "re-created";

const FOR_EVER_MS = 86_400_000;
/** For histories in which claims expire. A lane has to stall for more than a quarter of it before that could show. */
const HORIZON_MS = 400_000;

/** Everything outside of the processes, and how large this history is: all by one seed. */
export class World {
  readonly name: string = "simulated";
  readonly seed: number;
  readonly random: Random;
  readonly scheduler: Scheduler = new Scheduler();
  readonly kafka: SimulatedKafka;
  readonly faults: Faults;
  readonly coverage: Coverage = new Coverage();
  readonly trace: Trace;
  readonly changes: readonly Change[];
  readonly connectors: readonly Connector[];
  readonly instances: readonly string[];
  readonly topics: readonly string[] = [topicOf(KEYED), topicOf(KEYLESS)];
  readonly pollRecords: number;
  readonly maxBufferedBytes: number;
  /** Claims expire, and one source is away for longer than that; null: they live for ever. */
  readonly horizonMs: number | null;
  readonly epilogue: Epilogue;
  readonly setting: Setting;
  /** Nobody reaches the key store until then. */
  storeDownUntil = 0;
  readonly #packed: { readonly blocks: BlockStore; readonly maxClaims: number } | null;
  readonly #owners: KeyStore;
  readonly #shared = new Map<string, unknown>();

  constructor(seed: number, setting: Setting, scope: Scope, traced: boolean) {
    const random = new Random(seed);
    const { subject } = setting;
    const own = subject.pipeline !== undefined;
    this.seed = seed;
    this.random = random;
    this.setting = setting;
    this.trace = new Trace(() => this.scheduler.now, traced);
    this.faults = new Faults(random.fork(), {
      ...(subject.faultRates === undefined ? {} : { rates: subject.faultRates }),
      limits: scope,
      onStrike: (strike) => this.#struck(strike),
    });
    this.faults.intensity = random.pick([0.2, 1, 1, 3]);
    const slowMarkers = random.chance(0.3);
    const markerMs = (r: Random): number =>
      slowMarkers && !this.faults.quiet && r.chance(0.1) ? r.between(50, 4_000) : r.between(0.2, 5);
    this.kafka = new SimulatedKafka({
      scheduler: this.scheduler,
      random: random.fork(),
      transactions: { markerMs },
      protocol: random.chance(0.25) ? "cooperative" : "eager",
    });
    this.kafka.createTopic(topicOf(KEYED), Math.min(1 + random.below(3), scope.partitions ?? Infinity));
    this.kafka.createTopic(topicOf(KEYLESS), 1);
    const now = (): number => this.scheduler.now;
    const history = Database.history(random.fork(), 4 + random.below(12));
    this.changes = firstOf(history, scope.transactions);
    this.connectors = ["a", "b"]
      .map((source) => ({ kafka: this.kafka, random: random.fork(), source, changes: this.changes, now }))
      .slice(0, scope.sources)
      .map((options) => new Connector(options));
    this.instances = (random.chance(0.6) ? ["0", "1"] : ["0", "1", "2"]).slice(0, scope.instances);
    this.pollRecords = random.pick([2, 10, 60]);
    this.maxBufferedBytes = random.pick([FOR_EVER_BYTES, FOR_EVER_BYTES, 20_000, 2_000]);
    const [turn, ends] = [random.next(), random.next()];
    this.horizonMs = !own && turn < 0.03 ? HORIZON_MS : null;
    this.epilogue =
      own || this.horizonMs !== null ? "none" : ends < 0.04 ? "replay" : ends < 0.08 ? "re-created" : "none";
    const keptMs = this.horizonMs === null ? Infinity : this.horizonMs * 1.25;
    this.#owners = ownerStore({ now, keptMs });
    const inBlocks = random.chance(0.5) && subject.keyStore === undefined;
    const maxClaims = random.pick([5, 1_000_000]);
    this.#packed =
      inBlocks || subject.blockStore !== undefined ? { blocks: blockLog({ now, keptMs }), maxClaims } : null;
  }

  get storeDown(): boolean {
    return this.scheduler.now < this.storeDownUntil;
  }

  shared<T>(name: string, make: () => T): T {
    if (!this.#shared.has(name)) this.#shared.set(name, make());
    return this.#shared.get(name) as T;
  }

  /** What a process's pipeline is made of. */
  pipeline(site: Site): PipelineParts {
    const { hash, subject } = this.setting;
    const at: PipelineSite = { ...site, keyStore: this.#keyStore(site) };
    const parts = subject.pipeline?.(at) ?? {
      transforms: [
        dedup({
          identity: subject.identity ?? debeziumIdentity({ sources: { header: SOURCE_HEADER } }),
          keyStore: at.keyStore,
          hash,
          clock: site.clock,
          retry: { attempts: 3 },
          ...(this.horizonMs === null ? {} : { horizonMs: this.horizonMs }),
        }),
      ],
    };
    return { maxBufferedBytes: this.maxBufferedBytes, ...parts };
  }

  /** The store under test, as one process sees it: behind a network on which everything goes wrong. */
  #keyStore(site: Site): KeyStore {
    const { scheduler } = this;
    const { blockStore, keyStore } = this.setting.subject;
    const { clock, process } = site;
    const network = {
      random: process.random,
      clock,
      faults: this.faults.at(process.name, () => process.doing),
      down: () => this.storeDown,
    };
    const during = (store: KeyStore): KeyStore => ({
      ...storeMethods(store),
      claim: (lane, claims, signal) => process.during("claiming", () => store.claim(lane, claims, signal)),
    });
    if (this.#packed !== null) {
      const { blocks, maxClaims } = this.#packed;
      const horizonMs = this.horizonMs ?? FOR_EVER_MS;
      const inner = outsideBlocks(blockStore?.(blocks, site) ?? blocks, scheduler);
      return during(packed(faultyBlocks(inner, network), { horizonMs, maxClaims, clock }));
    }
    const inner = keyStore?.(this.#owners, site) ?? this.#owners;
    return during(faultyStore(outsideStore(inner, scheduler), network));
  }

  /** What holds for all processes at this moment. */
  get conditions(): readonly string[] {
    const { kafka, name, storeDown } = this;
    return [...(kafka.group(name).rebalancing ? ["rebalancing"] : []), ...(storeDown ? ["store down"] : [])];
  }

  #struck(strike: Strike): void {
    this.coverage.note(strike.name, [...strike.states, ...this.conditions]);
    this.trace.tell(() => toldStrike(strike));
  }
}

const FOR_EVER_BYTES = 64 * 1024 * 1024;

/** The changes of the first transactions. */
function firstOf(changes: readonly Change[], transactions: number = Infinity): readonly Change[] {
  const sequences = [...new Set(changes.map(({ sequence }) => sequence))].slice(0, transactions);
  return changes.filter(({ sequence }) => sequences.includes(sequence));
}
