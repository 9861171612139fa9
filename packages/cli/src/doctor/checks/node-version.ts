import { type Check, failure, ok } from "../check.ts";

const OLDEST = 20;

export const nodeVersion: Check = {
  id: "node.version",
  about: `Node.js is ${OLDEST} or newer.`,
  look() {
    const major = Number(process.versions.node.split(".")[0]);
    if (major >= OLDEST) return ok(`Node ${process.versions.node}`);
    return failure(`Node ${process.versions.node} is older than ${OLDEST}`, `install Node ${OLDEST} or newer`);
  },
};
