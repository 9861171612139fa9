import type { BlockStore, Clock, KeyStore, PipelineOptions, Transport } from "@tandem-cdc/core";
import type { IdentityStrategy } from "@tandem-cdc/core";
import type { FaultName } from "../faults.ts";
import type { LogRecord } from "../kafka/partition-log.ts";
import type { SimulatedKafka } from "../kafka/simulated-kafka.ts";
import type { SimulatedProcess } from "../simulated-process.ts";

/** The place where a part of a pipeline is made: one process's view of the world. */
export interface Site {
  readonly name: string;
  readonly instance: string;
  readonly kafka: SimulatedKafka;
  readonly process: SimulatedProcess;
  readonly clock: Clock;
  /** What is outside of the processes and outlives them: made once in a history, by name. */
  shared<T>(name: string, make: () => T): T;
}

/** A process's site, and the key store that its pipeline is to use: the one under test, behind its faults. */
export interface PipelineSite extends Site {
  readonly keyStore: KeyStore;
}

/** What a pipeline is made of; the rest is the simulation's. */
export type PipelineParts = Pick<PipelineOptions, "transforms" | "commit" | "errors" | "maxBufferedBytes">;

/** What is put under test. Left out, it is dedup of MariaDB events with known sources. */
export interface Subject {
  /** Your pipeline, made anew for each process. */
  readonly pipeline?: (site: PipelineSite) => PipelineParts;
  /**
   * What the output has to be. `history` (default): every change of the input once, as its first copy was sent, each
   * delete followed by its tombstone. `calm-run`: what the same pipeline makes of the same input when nothing goes wrong; for
   * pipelines that change, add, drop or reroute records.
   */
  readonly reference?: "history" | "calm-run";
  /** Where your pipeline's dead letters go: a change that lies there counts as out. */
  readonly deadLetters?: string;
  /** Records that the brokers refuse, whatever is tried. */
  readonly refuses?: (record: LogRecord) => boolean;
  readonly identity?: IdentityStrategy;
  /** A key store of your own in place of the simulation's (`shared`), or around it. Called once per process. */
  readonly keyStore?: (shared: KeyStore, site: Site) => KeyStore;
  /** The same for a block store: `packed` stands before it. Without it, every other history has the simulation's own. */
  readonly blockStore?: (shared: BlockStore, site: Site) => BlockStore;
  readonly transport?: (transport: Transport, site: Site) => Transport;
  /** How often what goes wrong. Default `FAULT_RATES`. */
  readonly faultRates?: Readonly<Partial<Record<FaultName, number>>>;
}
