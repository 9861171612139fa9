import { type Check, failure, ok } from "../check.ts";

const PRODUCE = 0;
const TXN_OFFSET_COMMIT = 28;
/** What a broker's newest Produce request tells of its release. */
const RELEASES: readonly (readonly [produce: number, release: string])[] = [
  [13, "4.1"],
  [12, "4.0"],
  [11, "3.8"],
  [10, "3.7"],
  [9, "2.8"],
  [8, "2.4"],
];

export const kafkaVersion: Check = {
  id: "kafka.version",
  about: "The brokers are Kafka 2.5 or newer: a transaction can carry the group's metadata.",
  async look(patient) {
    const versions = await (await patient.admin()).versions();
    const produce = versions.get(PRODUCE) ?? 0;
    const release = RELEASES.find(([version]) => produce >= version)?.[1];
    const said = release === undefined ? "older than Kafka 2.4" : `Kafka ${release} or newer`;
    if ((versions.get(TXN_OFFSET_COMMIT) ?? 0) >= 3) return ok(`${said}, by the requests that it takes`);
    return failure(
      `the brokers (${said}) cannot fence a member that was rebalanced away: what it commits may be doubled`,
      "upgrade the brokers to Kafka 2.5 or newer",
    );
  },
};
