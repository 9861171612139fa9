import { audit, type AuditedRecord, type Copy, type Verdict } from "../auditor.ts";
import type { SimulatedKafka } from "../kafka/simulated-kafka.ts";
import { Follower } from "./follower.ts";
import { Instance } from "./instance.ts";
import { EVERYTHING } from "./scope.ts";
import { World } from "./world.ts";

const PATIENCE_MS = 600_000;

/** Holds the output against what the same pipeline makes of the same input when nothing goes wrong. */
export async function calmRun(world: World): Promise<readonly Verdict[]> {
  const calm = new World(world.seed, world.setting, EVERYTHING, false);
  const { faults, kafka, scheduler } = calm;
  faults.quiet = true;
  for (const topic of world.topics)
    for (const log of world.kafka.logsOf(topic))
      for (const record of log.read(log.start)) kafka.log(log.lane).append(record);
  const instance = new Instance("0", calm);
  const follower = new Follower(calm);
  instance.start();
  const out = await follower.everythingOut(PATIENCE_MS);
  instance.finish();
  await scheduler.run(() => !instance.running, PATIENCE_MS);
  const [failure] = instance.failures;
  if (failure !== undefined || !out)
    throw new Error(`the pipeline does not even run when nothing goes wrong: ${failure?.message ?? "it is stuck"}`, {
      cause: failure,
    });
  const topics = new Set([...outputs(world), ...outputs(calm)]);
  const verdicts = [...topics].map((topic) =>
    audit({ input: copies(kafka, topic), output: copies(world.kafka, topic) }),
  );
  for (const { examples } of verdicts) for (const example of examples) world.trace.tell(() => example);
  return verdicts;
}

function outputs({ kafka, name, topics }: World): readonly string[] {
  return kafka.topics.filter((topic) => !topics.includes(topic) && topic !== `${name}.lanes`);
}

const decoder = new TextDecoder();

/** A record is known by its content, and by how many equal ones came before it. */
function copies(kafka: SimulatedKafka, topic: string): readonly Copy[] {
  const counts = new Map<string, number>();
  return kafka.logsOf(topic).flatMap((log) =>
    log.read(log.start).map((stored): Copy => {
      const record: AuditedRecord = { ...stored, partition: log.lane.partition };
      const content = shown(record);
      const times = (counts.get(content) ?? 0) + 1;
      counts.set(content, times);
      return { id: `${topic} ${content}${times > 1 ? ` (${times})` : ""}`, record };
    }),
  );
}

function shown({ headers, key, partition, value }: AuditedRecord): string {
  const text = (bytes: unknown): string => (bytes instanceof Uint8Array ? decoder.decode(bytes) : "null");
  const named = (headers as readonly { readonly key: string; readonly value: Uint8Array | null }[] | undefined) ?? [];
  const pairs = named.map((header) => `${header.key}=${text(header.value)}`).join(" ");
  return `${partition} ${text(key)} ${text(value)} ${pairs}`;
}
