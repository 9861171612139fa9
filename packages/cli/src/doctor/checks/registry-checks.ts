import { asError } from "@tandem-cdc/core";
import { type Check, failure, ok, orOk, skipped, warning } from "../check.ts";
import { counted, few } from "../words.ts";

const UNUSED = "input.format is json";

export const registryReachable: Check = {
  id: "registry.reachable",
  about: "The schema registry answers, where `input.format` is `avro` or `auto`.",
  async look({ config, subjects }) {
    if (config.input.format === "json") return skipped(UNUSED);
    try {
      return ok(`it answers and knows ${counted((await subjects.get()).length, "subject")}`);
    } catch (thrown) {
      return failure(asError(thrown).message, "start the registry, or mend input.registry");
    }
  },
};

export const registrySubjects: Check = {
  id: "registry.subjects",
  about: "The registry knows a subject `<topic>-value` for every input topic.",
  async look(patient) {
    if (patient.config.input.format === "json") return skipped(UNUSED);
    const known = new Set(await patient.subjects.need());
    const inputs = await patient.inputs();
    if (inputs.length === 0) return skipped("there is no input topic yet");
    const missing = inputs.map((topic) => `${topic}-value`).filter((subject) => !known.has(subject));
    if (missing.length === 0) return ok(`it knows ${counted(inputs.length, "input topic")}`);
    return orOk(
      [
        warning(
          `it knows no ${few(missing)}: the connectors write to another registry, name subjects otherwise, or have written nothing`,
          "let input.registry.url name the registry of the connectors' value.converter",
        ),
      ],
      "",
    );
  },
};
