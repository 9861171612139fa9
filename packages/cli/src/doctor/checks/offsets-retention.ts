import { durationText } from "../../survey/horizon.ts";
import { type Check, ok, warning } from "../check.ts";
import { restartBrokers } from "../kafka-tools.ts";
import { lowest } from "./kafka-timeouts.ts";

export const offsetsRetention: Check = {
  id: "kafka.offsets-retention",
  about:
    "`offsets.retention.minutes` is not below `dedup.horizon`: a pipeline that was down so long still knows where it was.",
  async look(patient) {
    const { horizon } = patient.config.dedup;
    const kept = lowest(await patient.brokerNumbers("offsets.retention.minutes")) * 60_000;
    const said = `the group's offsets are kept for ${durationText(kept)} after its last instance has left`;
    if (kept >= horizon) return ok(said);
    return warning(
      `${said}, less than dedup.horizon (${durationText(horizon)}): after a longer stop the pipeline does not start by itself (LANE_OFFSET_MISSING)`,
      restartBrokers("offsets.retention.minutes", Math.ceil(horizon / 60_000)),
    );
  },
};
