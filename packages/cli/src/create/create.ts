import { relative } from "node:path";
import { type Kind, writeProject } from "./project.ts";

export interface CreateOptions {
  readonly kind: Kind;
  readonly name: string;
  /** Of this package, and of all that a project needs of ours. */
  readonly version: string;
  /** The folder that the project's own is made in. */
  readonly in: string;
}

/** How a project is used, once its tests have passed. */
const USE: Readonly<Record<Kind, string>> = {
  transform: "npx tandem validate --config tandem.yaml   # src/index.ts is the transform, tandem.yaml uses it",
  keystore: "npx tandem validate --config tandem.yaml   # src/store.ts is the store, tandem.yaml uses it",
  processor: "npm start   # src/processor.ts is the processor, processor.env its configuration",
};

/** `tandem create`. */
export function createCommand({ in: parent, kind, name, version }: CreateOptions): void {
  const { files, folder } = writeProject(kind, name, { parent, version });
  const path = relative(process.cwd(), folder);
  console.log(`Wrote ${folder}:`);
  for (const file of files) console.log(`  ${file}`);
  console.log(`
Next:
  cd ${path.startsWith("..") ? folder : path}
  npm install
  npm test
  ${USE[kind]}`);
}
