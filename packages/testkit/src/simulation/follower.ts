import { type Lane, laneId } from "@tandem-cdc/core";
import { audit, type AuditedRecord, type Copy, type Verdict } from "../auditor.ts";
import type { PartitionLog, StoredRecord } from "../kafka/partition-log.ts";
import { asides } from "./asides.ts";
import type { World } from "./world.ts";

/** Reads the output while the faults happen, and once more at the end. */
export class Follower {
  readonly #world: World;
  readonly #seen = new Map<string, AuditedRecord[]>();
  readonly #next = new Map<string, number>();
  /** Null: nobody asks. */
  #out: boolean | null = null;

  constructor(world: World) {
    this.#world = world;
    this.#follow();
  }

  /** Waits until every lane's committed offset is its log's end, and no transaction is open any more. */
  async everythingOut(limitMs: number): Promise<boolean> {
    this.#out = false;
    const out = await this.#world.scheduler.run(() => this.#out === true, limitMs);
    this.#out = null;
    return out;
  }

  /** Judges everything that came out. */
  audits(): Verdict[] {
    return this.#judged(new Map(), this.#seen);
  }

  /** Where the outputs end now. */
  mark(): ReadonlyMap<string, number> {
    return new Map(this.#outputs.map((log) => [laneId(log.lane), log.end]));
  }

  /** Whether as much has come out since the mark as before it. */
  twice(mark: ReadonlyMap<string, number>): boolean {
    return this.#outputs.every((log) => {
      const at = mark.get(laneId(log.lane)) ?? 0;
      return log.read(log.start, Infinity, at).length <= log.read(at).length;
    });
  }

  /** Judges what came out since the mark, as if it were all. */
  since(mark: ReadonlyMap<string, number>): Verdict[] {
    return this.#judged(mark, new Map());
  }

  get #outputs(): readonly PartitionLog[] {
    const { kafka, topics } = this.#world;
    return topics.flatMap((topic) => kafka.logsOf(`dedup.${topic}`));
  }

  #judged(from: ReadonlyMap<string, number>, seen: ReadonlyMap<string, AuditedRecord[]>): Verdict[] {
    const { topics, trace } = this.#world;
    return topics.map((topic) => {
      const verdict = audit({
        input: this.#read(topic).map(copyOf),
        output: this.#read(`dedup.${topic}`, from).map(copyOf),
        seen: seen.get(topic) ?? [],
        aside: this.#aside(topic),
        isDelete,
      });
      for (const example of verdict.examples) trace.tell(() => example + this.whereabouts(example));
      return verdict;
    });
  }

  #aside(topic: string): readonly Copy[] {
    const { kafka, setting } = this.#world;
    const { deadLetters } = setting.subject;
    if (deadLetters === undefined) return [];
    return asides(kafka, deadLetters, topic).map(({ lane, record }) => copyOf(audited(record, lane)));
  }

  /** Where the copies of the change that an example speaks of lie. */
  whereabouts(example: string): string {
    const id = /change (\d+)/.exec(example)?.[1];
    const { kafka, topics } = this.#world;
    const places = topics
      .flatMap((topic) => [topic, `dedup.${topic}`])
      .flatMap((topic) => kafka.logsOf(topic))
      .flatMap((log) =>
        log
          .read(log.start)
          .filter((record) => copyOf(audited(record, log.lane)).id === id)
          .map(
            ({ headers, offset }) =>
              `${laneId(log.lane)}@${offset} from ${decoder.decode(headers[0]?.value ?? new Uint8Array(0))}`,
          ),
      );
    return id === undefined ? "" : `; its copies: ${places.join(", ")}`;
  }

  #follow(): void {
    const { kafka, scheduler, topics } = this.#world;
    for (const topic of topics)
      for (const log of kafka.logsOf(`dedup.${topic}`)) {
        const id = `${topic}-${log.lane.partition}`;
        const next = this.#next.get(id) ?? 0;
        if (next >= log.lastStable) continue;
        const records = log.read(next);
        if (records.length === 0) continue;
        this.#next.set(id, (records.at(-1)?.offset ?? 0) + 1);
        const seen = this.#seen.get(topic) ?? [];
        this.#seen.set(topic, seen);
        for (const record of records) seen.push(audited(record, log.lane));
      }
    if (this.#out !== null) this.#out = this.#committedAll();
    scheduler.unheard(500, () => this.#follow());
  }

  #committedAll(): boolean {
    const { kafka, name, setting, topics } = this.#world;
    const logs = topics.flatMap((topic) => kafka.logsOf(topic));
    const lanes = logs.map(({ lane }) => lane);
    const group = kafka.group(name);
    const outputs = [
      ...topics.map((topic) => `dedup.${topic}`),
      `${name}.lanes`,
      setting.subject.deadLetters ?? "",
    ].flatMap((topic) => kafka.logsOf(topic));
    if (!group.stable(lanes) || outputs.some((log) => log.lastStable < log.end)) return false;
    const committed = group.committed(lanes);
    return logs.every((log, i) => committed[i] === log.end);
  }

  #read(topic: string, from: ReadonlyMap<string, number> = new Map()): AuditedRecord[] {
    return this.#world.kafka
      .logsOf(topic)
      .flatMap((log) => log.read(from.get(laneId(log.lane)) ?? log.start).map((record) => audited(record, log.lane)));
  }
}

function audited(record: StoredRecord, { partition }: Lane): AuditedRecord {
  const { headers, key, offset, timestamp, value } = record;
  return { partition, offset, timestamp, key, value, headers };
}

const decoder = new TextDecoder();
const NUMBER = /"change":(\d+)\}$/;

/** The change's number in the history, which stands beside the event. */
function copyOf(record: AuditedRecord): Copy {
  return { id: record.value === null ? null : (NUMBER.exec(decoder.decode(record.value))?.[1] ?? "unknown"), record };
}

function isDelete({ value }: AuditedRecord): boolean {
  return value !== null && decoder.decode(value).includes('"op":"d"');
}
