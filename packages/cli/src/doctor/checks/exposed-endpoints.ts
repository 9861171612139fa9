import { type Check, type Finding, orOk, warning } from "../check.ts";

interface Endpoint {
  readonly enabled?: unknown;
  readonly host?: unknown;
  readonly token?: unknown;
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1|\[::1\])$/i;

export const exposedEndpoints: Check = {
  id: "endpoints.exposed",
  about: "Metrics and administration listen on this machine only, or ask for a token.",
  look({ config }) {
    const found: Finding[] = [];
    for (const name of ["metrics", "admin"] as const) {
      const { enabled, host, token } = config[name] as Endpoint;
      if (enabled === false || typeof host !== "string" || LOOPBACK.test(host) || token !== undefined) continue;
      found.push(
        warning(
          `${name} listen on ${host} for everybody who reaches it, without a token`,
          `set ${name}.host to 127.0.0.1, or let only those who may see it reach it (docs/security.md)`,
        ),
      );
    }
    return orOk(found, "nothing listens beyond this machine without a token");
  },
};
