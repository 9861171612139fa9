import fc from "fast-check";
import { FIELDS, record } from "./arbitrary.ts";
import { nullWithDefault } from "./example.ts";
import { type Case, differential } from "./harness.ts";

const names = fc.uniqueArray(fc.constantFrom(...FIELDS), { maxLength: 4 }).map((each) => each.join(","));
const renames = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...FIELDS), fc.constantFrom("x", "y", "b", "name")), {
    maxLength: 3,
    selector: ([from]) => from,
  })
  .map((pairs) => pairs.map((pair) => pair.join(":")).join(","));

const config = fc.record(
  { exclude: names, include: names, renames, "replace.null.with.default": fc.constantFrom("true", "false") },
  { requiredKeys: [], noNullPrototype: true },
);

/** Whether two fields may come to have one name. */
function collide({ config: given }: Case): boolean {
  const pairs = (given["renames"] ?? "").split(",").map((pair) => pair.split(":"));
  const targets = pairs.map(([, to]) => to ?? "");
  return targets.some(
    (to) => to !== "" && (FIELDS.includes(to as "id") || targets.filter((each) => each === to).length > 1),
  );
}

for (const part of ["Key", "Value"])
  differential({
    class: `org.apache.kafka.connect.transforms.ReplaceField$${part}`,
    examples: ["true", "false"].map((fill) => ({
      config: { renames: "x:y", "replace.null.with.default": fill },
      record: nullWithDefault,
    })),
    cases: fc.record({
      config: fc.oneof(
        { weight: 19, arbitrary: config },
        { weight: 1, arbitrary: fc.constantFrom({ renames: "a" }, { renames: "a:b:c" }, { renames: "a:" }) },
      ),
      record: record(),
    }),
    difference: (tried) => (collide(tried) ? "replace-collisions" : undefined),
  });
