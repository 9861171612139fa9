import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { TandemError } from "@tandem-cdc/core";
import { Refused } from "./answer.ts";

/** Addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

/** Refuses an API that anybody could command. */
export function checkReach(host: string, token: string | undefined): void {
  if (isLoopback(host) || token !== undefined) return;
  throw new TandemError(
    "CONFIG_INVALID",
    `admin: listening on ${host} without a token lets everybody who reaches that address stop the pipeline: set admin.token, or admin.host to 127.0.0.1`,
  );
}

/**
 * Throws for requests that are not to be answered. On loopback the name in `Host` has to be loopback's: a web page whose own
 * name was made to lead here says that name. And no page has a reason to ask: a browser names it in `Origin`.
 */
export function guard(
  request: IncomingMessage,
  { host, token }: { readonly host: string | undefined; readonly token: string | undefined },
): void {
  const { authorization, host: named = "", origin } = request.headers;
  if (host !== undefined && isLoopback(host) && !isLoopback(named.replace(/:\d*$/, "")))
    throw new Refused(403, "this API listens on loopback: ask for it by 127.0.0.1 or localhost");
  if (origin !== undefined) throw new Refused(403, "this API does not answer web pages");
  if (token !== undefined && !isBearer(authorization, token))
    throw new Refused(401, "send the token of the configuration as Authorization: Bearer", {
      "www-authenticate": "Bearer",
    });
}

/** Takes as long whatever the token is. */
function isBearer(authorization: string | undefined, token: string): boolean {
  const given = /^bearer (.+)$/i.exec(authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
