import { readFileSync } from "node:fs";
import { type AdminServer, adminServer, type Supervised } from "@tandem-cdc/admin";
import { redacting } from "../config/redact.ts";
import type { Config } from "../config/schema.ts";
import { builtInPlugins } from "./plugins.ts";
import { shownConfig } from "./shown-config.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

/** The administration API of a pipeline; null where the configuration does not ask for it. */
export async function serveAdmin(
  config: Config,
  pipeline: Supervised,
  note: (text: string) => void,
): Promise<AdminServer | null> {
  const { enabled, host, port, token } = config.admin;
  if (!enabled) return null;
  const shown = shownConfig(config);
  const server = await adminServer({
    pipelines: [{ pipeline, instance: config.instance, config: () => shown }],
    plugins: builtInPlugins(),
    version,
    host,
    port,
    ...(token === undefined ? {} : { token }),
    redact: redacting(config),
    onCommand: (_, command) => note(`administration: ${command}`),
  });
  note(`administration at ${server.url}`);
  return server;
}
