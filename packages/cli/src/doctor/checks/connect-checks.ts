import { type Check, failure, type Finding, ok, orOk, skipped, Unmet, warning } from "../check.ts";
import { differences } from "../connector-differences.ts";
import { settingsOf } from "../connector-settings.ts";
import { headerValueOf, pairOf } from "../pair.ts";
import type { Patient } from "../patient.ts";
import type { Connector } from "../connect-rest.ts";
import { counted } from "../words.ts";

const UNASKED = "no Kafka Connect worker is named: --connect-url, or doctor.connect in the file";

export const connectReachable: Check = {
  id: "connect.reachable",
  about: "The Kafka Connect workers of `--connect-url` or `doctor.connect` answer.",
  async look({ connect, connectors }) {
    if (connect.length === 0) return skipped(UNASKED);
    const found = await connectors.get();
    const silent = found.silent.map(({ at, why }) =>
      failure(`${at} does not answer: ${why}`, "start that worker, or mend --connect-url or doctor.connect"),
    );
    return orOk(silent, `${counted(connect.length, "worker")} with ${counted(found.connectors.length, "connector")}`);
  },
};

export const connectPair: Check = {
  id: "connect.pair",
  about: "At least two connectors write to the input topics, each with a header value of its own.",
  async look(patient) {
    if (patient.connect.length === 0) return skipped(UNASKED);
    const pair = await connectorsOf(patient);
    const names = pair.map(({ name }) => name).join(", ");
    if (pair.length < 2)
      return warning(
        `${pair.length === 0 ? "no connector writes" : `only ${names} writes`} to the input topics: there is no second copy of a change`,
        "start the other connector, or name its worker by --connect-url too",
      );
    const { sources } = patient.config.dedup;
    const found = sources === undefined ? [] : headers(pair, sources.header, sources.names);
    return orOk(found, `${names} write to the input topics`);
  },
};

function headers(pair: readonly Connector[], header: string, expected: readonly string[] | undefined): Finding[] {
  const values = pair.map((connector) => ({ name: connector.name, value: headerValueOf(connector, header) }));
  return values.flatMap(({ name, value }, i): Finding[] => {
    if (value === undefined)
      return [
        failure(
          `connector ${name} adds no header ${header}: its records are rejected`,
          `add to ${name}: "transforms": "who", "transforms.who.type": "org.apache.kafka.connect.transforms.InsertHeader", "transforms.who.header": "${header}", "transforms.who.value.literal": "${name}"`,
        ),
      ];
    const same = values.find((other, at) => at < i && other.value === value);
    if (same !== undefined)
      return [
        failure(
          `connectors ${same.name} and ${name} both call themselves ${value}`,
          `give ${name} another value of its InsertHeader ${header}`,
        ),
      ];
    if (expected !== undefined && !expected.includes(value))
      return [
        failure(
          `connector ${name} calls itself ${value}, which is not in dedup.sources.names`,
          `add ${value} to dedup.sources.names, or mend the InsertHeader`,
        ),
      ];
    return [];
  });
}

export const connectRunning: Check = {
  id: "connect.running",
  about: "The connectors and their tasks are RUNNING.",
  async look(patient) {
    if (patient.connect.length === 0) return skipped(UNASKED);
    const pair = await connectorsOf(patient);
    const found = pair.flatMap(({ at, name, states }): Finding[] => {
      const wrong = states.filter((state) => state !== "RUNNING");
      if (wrong.length === 0 && states.length > 1) return [];
      const state = states.length < 2 ? "without a task" : [...new Set(wrong)].join(" and ");
      const restart = `curl -X POST "${at}/connectors/${encodeURIComponent(name)}/restart?includeTasks=true&onlyFailed=true"`;
      return [
        failure(
          `connector ${name} is ${state}`,
          wrong.includes("PAUSED") ? `curl -X PUT "${at}/connectors/${encodeURIComponent(name)}/resume"` : restart,
        ),
      ];
    });
    return orOk(found, `${counted(pair.length, "connector")} with all tasks`);
  },
};

export const connectAlike: Check = {
  id: "connect.alike",
  about:
    "The connectors' configurations are alike but for name, host, server id, header value and what else has to differ.",
  async look(patient) {
    if (patient.connect.length === 0) return skipped(UNASKED);
    const [first, ...others] = await connectorsOf(patient);
    if (first === undefined || others.length === 0) return skipped("there are no two connectors to compare");
    const context = { header: patient.config.dedup.sources?.header, merges: patient.config.dedup.mode === "merge" };
    const found = others.flatMap((other) => differences(first, other, context));
    return orOk(found, `${[first, ...others].map(({ name }) => name).join(", ")} are configured alike`);
  },
};

export const connectSettings: Check = {
  id: "connect.settings",
  about:
    "Settings of each connector fit: `poll.interval.ms`, `max.batch.size`, `snapshot.mode`, `tombstones.on.delete`, converters, heartbeats, `errors.tolerance`, exactly-once support.",
  async look(patient) {
    if (patient.connect.length === 0) return skipped(UNASKED);
    const pair = await connectorsOf(patient);
    if (pair.length === 0) return skipped("no connector writes to the input topics");
    const found = pair.flatMap((connector) => settingsOf(connector, patient.config));
    return found.length > 0 ? found : ok(`${counted(pair.length, "connector")} with fitting settings`);
  },
};

/** Those that write to the inputs; the check is skipped where no worker answers. */
async function connectorsOf(patient: Patient): Promise<readonly Connector[]> {
  const { connectors, silent } = await patient.connectors.need();
  if (silent.length === patient.connect.length) throw new Unmet("Kafka Connect does not answer (connect.reachable)");
  const inputs = await patient.inputs().catch(() => []);
  return pairOf(connectors, patient.config, inputs);
}
