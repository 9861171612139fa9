import type { StoreManifest } from "./conformance.ts";

const KEPT = "claims are kept";
const LOST = "claims are lost: duplicates, never loss";
const CLIENTS = {
  shared: "finds the lane's claims",
  exclusive: "finds none when it runs on another machine: duplicates, never loss",
  separate: "finds none: duplicates, never loss",
} as const;

/** Which guarantees a store buys, by its manifest, as text. */
export function report({ clients, name, survives }: StoreManifest): string {
  const rows: [string, string][] = [
    ["a restart", survives.restart ? KEPT : LOST],
    ["kill -9 of the process", survives.processCrash ? KEPT : LOST],
    ["a power cut", survives.powerCut ? KEPT : LOST],
    ["loss of the machine", survives.machineLoss ? KEPT : LOST],
    ...(survives.nodeDown === undefined
      ? []
      : [["loss of a node of the store", survives.nodeDown ? KEPT : LOST] as [string, string]]),
    ["another instance takes a lane over", CLIENTS[clients]],
  ];
  const width = Math.max(...rows.map(([what]) => what.length));
  return [name, ...rows.map(([what, then]) => `  ${what.padEnd(width)}  ${then}`)].join("\n");
}
