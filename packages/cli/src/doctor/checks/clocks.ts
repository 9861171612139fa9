import { durationText } from "../../survey/horizon.ts";
import { type Check, ok, skipped, warning } from "../check.ts";

const SKEW_MS = 5_000;

export const clocks: Check = {
  id: "kafka.clock",
  about: "The newest record's time is not ahead of this machine's clock by more than five seconds.",
  async look(patient) {
    const { newestMs } = await patient.newest.need();
    if (newestMs < 0) return skipped("no record was read");
    const ahead = newestMs - Date.now();
    if (ahead <= SKEW_MS) return ok("no record is from the future");
    return warning(
      `the newest record is ${durationText(ahead)} ahead of this machine's clock: times by which claims and changes age are wrong`,
      "chronyc tracking, here and where the connectors run; let all follow the same time",
    );
  },
};
