import { randomUUID } from "node:crypto";

/**
 * One life of an instance. It announces itself once, at its start, by a record of the lane state topic, in a transaction
 * of its producer. Whoever was the last to do so is the instance; who finds another one there has been replaced. A process
 * that is halted before it has done so counts as started when it wakes up.
 *
 * Being fenced does not tell: a coordinator that moves while brokers die may know an older member id of ours, and a
 * transaction that ran out of its time raises the epoch as a rival does. Answering every fence by joining again would
 * let two processes fence each other for ever, or end the newer one.
 */
export class Incarnation {
  /** No topic is called so, hence no lane. */
  readonly key: string;
  readonly id: string = randomUUID();

  constructor(instance: string) {
    this.key = `instance:${instance}`;
  }

  /** Whether another process has announced itself since we did, by the records of the topic. */
  isReplaced(newest: ReadonlyMap<string, Uint8Array>): boolean {
    const last = newest.get(this.key);
    return last !== undefined && Buffer.from(last).toString() !== this.id;
  }
}
