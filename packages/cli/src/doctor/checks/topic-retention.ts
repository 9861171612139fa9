import { isBuiltIn } from "../../config/stores/store.ts";
import { durationText } from "../../survey/horizon.ts";
import { type Check, failure, type Finding, orOk, skipped, warning } from "../check.ts";
import { setTopic } from "../kafka-tools.ts";
import type { Patient } from "../patient.ts";
import { counted } from "../words.ts";

export const topicRetention: Check = {
  id: "topics.retention",
  about:
    "Input topics keep their records longer than `dedup.horizon` (`retention.ms`, and `min.compaction.lag.ms` where they are compacted).",
  async look(patient) {
    const settings = await patient.topicSettings(await patient.inputs());
    if (settings.length === 0) return skipped("there is no input topic yet");
    const needed = neededMs(patient);
    const found = settings.flatMap(({ of, topic }) => shortfalls(patient, topic, of, needed));
    return orOk(found, `${counted(settings.length, "input topic")} keep ${durationText(needed)} and more`);
  },
};

/** A memory store that is rebuilt reads a quarter more. */
function neededMs({ config: { dedup } }: Patient): number {
  const { horizon, mode, store } = dedup;
  const rebuilt = mode === "claims" && isBuiltIn(store) && store.type === "memory" && store.rebuild;
  return rebuilt ? horizon * 1.25 : horizon;
}

function shortfalls(
  { client }: Patient,
  topic: string,
  settings: ReadonlyMap<string, string>,
  needed: number,
): Finding[] {
  const bootstrap = String(client["bootstrap.servers"]);
  const policies = (settings.get("cleanup.policy") ?? "delete").split(",");
  const number = (name: string): number => Number(settings.get(name) ?? NaN);
  const found: Finding[] = [];
  const retention = number("retention.ms");
  if (policies.includes("delete") && retention >= 0 && retention < needed)
    found.push(
      failure(
        `${topic} keeps records for ${durationText(retention)} (retention.ms), and dedup.horizon needs ${durationText(needed)}: a first copy may be gone before it is processed`,
        setTopic(bootstrap, topic, { "retention.ms": Math.ceil(needed * 1.5) }),
      ),
    );
  if (policies.includes("delete") && number("retention.bytes") >= 0)
    found.push(
      warning(
        `${topic} keeps ${number("retention.bytes")} bytes a partition at most (retention.bytes), however short a time that is`,
        setTopic(bootstrap, topic, { "retention.bytes": -1 }),
      ),
    );
  const lag = number("min.compaction.lag.ms");
  if (policies.includes("compact") && lag < needed)
    found.push(
      failure(
        `${topic} may be compacted after ${durationText(lag)} (min.compaction.lag.ms), and dedup.horizon needs ${durationText(needed)}: changes that are not processed yet are taken away`,
        setTopic(bootstrap, topic, { "min.compaction.lag.ms": Math.ceil(needed * 1.5) }),
      ),
    );
  return found;
}
