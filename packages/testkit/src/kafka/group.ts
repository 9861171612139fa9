import { type Lane, type LaneId, laneId } from "@tandem-cdc/core";
import { BrokerError } from "./broker-error.ts";
import type { Participant, Transaction } from "./transactions.ts";

export interface GroupTimes {
  readonly sessionMs: number;
  /** How long a rebalance waits for members that are alive but do not join again. */
  readonly rebalanceMs: number;
}

/**
 * `eager`: every member gives up all its lanes before a rebalance. `cooperative`: it keeps them, and gives up only those
 * that another one is to have, which gets them in the rebalance after.
 */
export type RebalanceProtocol = "eager" | "cooperative";

/** What a member has to show: who it is, and of which generation. */
export interface Membership {
  readonly instance: string;
  readonly member: string;
  readonly generation: number;
}

export interface Assignment {
  readonly generation: number;
  readonly lanes: readonly Lane[];
}

interface Member {
  readonly instance: string;
  readonly id: string;
  topics: readonly string[];
  seen: number;
  joined: boolean;
  lanes: readonly Lane[];
  /** Cooperative: what it had when it joined, and has not given up. */
  owned: readonly Lane[];
}

/** A consumer group with static members, range assignment and transactional offsets. */
export class Group implements Participant {
  readonly #now: () => number;
  readonly #times: GroupTimes;
  readonly #partitions: (topic: string) => number;
  readonly #protocol: RebalanceProtocol;
  readonly #members = new Map<string, Member>();
  readonly #offsets = new Map<LaneId, number>();
  readonly #pending = new Map<Transaction, Map<LaneId, number>>();
  #generation = 0;
  #rebalancing = false;
  #rebalanceBegan = 0;
  #memberIds = 0;
  /** Lanes wait for the next rebalance: until their owners have given them up, nobody has them. */
  #withheld = false;

  constructor(
    now: () => number,
    times: GroupTimes,
    partitions: (topic: string) => number,
    protocol: RebalanceProtocol = "eager",
  ) {
    this.#protocol = protocol;
    this.#now = now;
    this.#times = times;
    this.#partitions = partitions;
  }

  get generation(): number {
    return this.#generation;
  }
  get protocol(): RebalanceProtocol {
    return this.#protocol;
  }
  get rebalancing(): boolean {
    return this.#rebalancing;
  }

  /**
   * Asks for membership; `assignment` tells when it is there. A static member that comes back keeps what it had. `owned`:
   * the lanes that a member brings along, under the cooperative protocol.
   */
  join(instance: string, topics: readonly string[], known: string | null, owned: readonly Lane[] = []): string {
    this.#sweep();
    let member = this.#members.get(instance);
    if (known !== null && member?.id !== known) throw this.#unknown(instance, known);
    const unchanged =
      member !== undefined && known === null && member.topics.join() === topics.join() && !this.#withheld;
    if (member === undefined || known === null) {
      const lanes = unchanged ? (member?.lanes ?? []) : [];
      const joined = unchanged && !this.#rebalancing;
      const id = `${instance}#${++this.#memberIds}`;
      member = { instance, id, topics, seen: this.#now(), joined, lanes, owned: [] };
      this.#members.set(instance, member);
    }
    member.topics = topics;
    member.owned = owned;
    if (!unchanged || this.#rebalancing) {
      this.#rebalance();
      member.joined = true;
      this.#complete();
    }
    return member.id;
  }

  /** The member's part of the current generation; `wait` while others are missing, `rejoin` when it missed the next. */
  assignment(instance: string, id: string): Assignment | "wait" | "rejoin" {
    const member = this.#alive(instance, id);
    if (this.#rebalancing) return member.joined ? "wait" : "rejoin";
    return { generation: this.#generation, lanes: member.lanes };
  }

  /** False: the group rebalances, give up your lanes and join again. */
  heartbeat({ generation, instance, member }: Membership): boolean {
    this.#alive(instance, member);
    if (this.#rebalancing) return false;
    if (generation !== this.#generation)
      throw new BrokerError("ILLEGAL_GENERATION", `${generation} is not ${this.#generation}`);
    return true;
  }

  leave({ instance, member }: Membership): void {
    this.#alive(instance, member);
    this.#members.delete(instance);
    this.#rebalance();
    this.#complete();
  }

  /** Offsets in a transaction. Member and generation are checked, ownership of the partitions is not: as in Kafka. */
  commitInTransaction(transaction: Transaction, offsets: ReadonlyMap<LaneId, number>): void {
    const pending = this.#pending.get(transaction) ?? new Map<LaneId, number>();
    for (const [lane, offset] of offsets) pending.set(lane, offset);
    this.#pending.set(transaction, pending);
  }

  /** Throws when a commit that shows this membership has to be refused. */
  check({ generation, instance, member }: Membership): void {
    this.#sweep();
    if (generation < 0 && member === "") return;
    const known = this.#members.get(instance);
    if (known?.id !== member) throw this.#unknown(instance, member);
    if (generation !== this.#generation)
      throw new BrokerError("ILLEGAL_GENERATION", `${generation} is not ${this.#generation}`);
  }

  /** Offsets outside of any transaction: tools do that. Null deletes. */
  commit(lane: Lane, offset: number | null): void {
    if (offset === null) this.#offsets.delete(laneId(lane));
    else this.#offsets.set(laneId(lane), offset);
  }

  /** True when no open transaction could still change one of these offsets. */
  stable(lanes: readonly Lane[]): boolean {
    for (const pending of this.#pending.values()) if (lanes.some((lane) => pending.has(laneId(lane)))) return false;
    return true;
  }

  /** Stable offsets: refused while they are not. */
  committed(lanes: readonly Lane[]): (number | null)[] {
    if (!this.stable(lanes)) throw new BrokerError("UNSTABLE_OFFSET_COMMIT", "offsets are pending");
    return lanes.map((lane) => this.#offsets.get(laneId(lane)) ?? null);
  }

  endTransaction(transaction: Transaction, committed: boolean): void {
    const pending = this.#pending.get(transaction);
    this.#pending.delete(transaction);
    if (committed) for (const [lane, offset] of pending ?? []) this.#offsets.set(lane, offset);
  }

  #alive(instance: string, id: string): Member {
    this.#sweep();
    const member = this.#members.get(instance);
    if (member?.id !== id) throw this.#unknown(instance, id);
    member.seen = this.#now();
    return member;
  }

  #unknown(instance: string, id: string): BrokerError {
    return this.#members.has(instance)
      ? new BrokerError("FENCED_INSTANCE_ID", `${id}: another process is ${instance} now`)
      : new BrokerError("UNKNOWN_MEMBER_ID", `${id} is not a member`);
  }

  #rebalance(): void {
    if (this.#rebalancing) return;
    this.#rebalancing = true;
    this.#rebalanceBegan = this.#now();
    for (const member of this.#members.values()) member.joined = false;
  }

  /** Expels members whose session is over, and ends a rebalance that waits for nobody else. */
  #sweep(): void {
    const now = this.#now();
    for (const [instance, { seen }] of this.#members) {
      if (now - seen <= this.#times.sessionMs) continue;
      this.#members.delete(instance);
      this.#rebalance();
    }
    this.#complete();
  }

  #complete(): void {
    if (!this.#rebalancing) return;
    const members = [...this.#members.values()];
    const late = this.#now() - this.#rebalanceBegan > this.#times.rebalanceMs;
    if (!late && members.some(({ joined }) => !joined)) return;
    for (const { instance, joined } of members) if (!joined) this.#members.delete(instance);
    this.#rebalancing = false;
    this.#generation++;
    this.#assign();
  }

  #assign(): void {
    const members = [...this.#members.values()].toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
    const wanted = this.#ranges(members);
    const owners = new Map<LaneId, Member>();
    if (this.#protocol === "cooperative")
      for (const member of members) for (const lane of member.owned) owners.set(laneId(lane), member);
    this.#withheld = false;
    for (const member of members) {
      const due = wanted.get(member) ?? [];
      member.lanes = due.filter((lane) => (owners.get(laneId(lane)) ?? member) === member);
      if (member.lanes.length < due.length) this.#withheld = true;
    }
  }

  /** Kafka's range assignor: per topic, neighbours to one member, members in the order of their names. */
  #ranges(members: readonly Member[]): Map<Member, Lane[]> {
    const ranges = new Map(members.map((member) => [member, [] as Lane[]]));
    for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
      const subscribed = members.filter(({ topics }) => topics.includes(topic));
      const count = this.#partitions(topic);
      for (let partition = 0; partition < count; partition++) {
        const member = subscribed[Math.floor((partition * subscribed.length) / count)];
        if (member !== undefined) ranges.get(member)?.push({ topic, partition });
      }
    }
    return ranges;
  }
}
