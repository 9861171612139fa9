import { type Check, failure, type Finding, orOk } from "../check.ts";

export const kafkaBrokers: Check = {
  id: "kafka.brokers",
  about: "Every broker is reached at the address that it advertises.",
  async look(patient) {
    const [{ brokers }, settings] = await Promise.all([patient.cluster(), patient.brokerSettings()]);
    const silent = settings.flatMap((each, i): Finding[] => {
      const broker = brokers[i];
      if (broker === undefined || !("error" in each) || each.error !== -1) return [];
      return [
        failure(
          `broker ${broker.id} is not reached at ${broker.host}:${broker.port}`,
          "start it, or mend its advertised.listeners so that this machine can connect there",
        ),
      ];
    });
    const at = brokers.map(({ host, id, port }) => `${id} at ${host}:${port}`);
    return orOk(silent, `${brokers.length} broker${brokers.length === 1 ? "" : "s"}: ${at.join(", ")}`);
  },
};
