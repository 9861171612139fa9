import type { AgentOptions } from "node:https";
import { type Clock, systemClock, TandemError } from "@tandem-cdc/core";

export interface RegistryTls {
  /** PEM: who signed the registry's certificate, where it is not a public authority. */
  readonly ca?: string | Buffer;
  /** PEM: this client's certificate and key, where the registry asks for one. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name that the registry's certificate has to show, where it is not the url's host. */
  readonly servername?: string;
  /** False accepts every certificate: no protection against who stands in between. Default true. */
  readonly rejectUnauthorized?: boolean;
}

export interface RegistryOptions {
  /** Of the registry's REST interface, path included; several of one registry are tried in turn. May hold user and password. */
  readonly url: string | readonly string[];
  readonly username?: string;
  readonly password?: string;
  /** Sent as bearer token, instead of user and password. */
  readonly token?: string;
  readonly tls?: RegistryTls | boolean;
  /** For one answer. Default 5,000. */
  readonly timeoutMs?: number;
  /** `unknownMs`: how long it is remembered that an id has no schema. Default 30,000. Schemas that exist are kept for good. */
  readonly cache?: { readonly unknownMs?: number };
  readonly clock?: Clock;
}

/** The options, checked, with the credentials apart from the urls. */
export interface RegistrySettings {
  /** Without credentials and final slash. */
  readonly urls: readonly string[];
  readonly authorization: string | undefined;
  /** What must not stand in any message. */
  readonly secrets: readonly string[];
  readonly tls: AgentOptions;
  readonly timeoutMs: number;
  readonly unknownMs: number;
  readonly clock: Clock;
}

function invalid(what: string): TandemError {
  return new TandemError("CONFIG_INVALID", `schema registry: ${what}`);
}

export function registrySettings(options: RegistryOptions): RegistrySettings {
  const { tls = true, timeoutMs = 5_000, cache: { unknownMs = 30_000 } = {}, clock = systemClock } = options;
  const urls = [options.url].flat().map(parsed);
  if (urls.length === 0) throw invalid("`url` is empty: name its address, such as http://127.0.0.1:8081");
  if (tls === false && urls.some(({ protocol }) => protocol === "https:"))
    throw invalid("`tls` is false, but the url begins with https");
  if (tls !== true && tls !== false && urls.some(({ protocol }) => protocol === "http:"))
    throw invalid("`tls` is set, but the url begins with http: write https");
  for (const [name, ms] of Object.entries({ timeoutMs, unknownMs }))
    if (!(Number.isFinite(ms) && ms > 0)) throw invalid(`\`${name}\` has to be a number of milliseconds above 0`);

  const inUrl = urls.find(({ username, password }) => username !== "" || password !== "");
  const username = options.username ?? (inUrl === undefined ? undefined : decodeURIComponent(inUrl.username));
  const password = options.password ?? (inUrl === undefined ? undefined : decodeURIComponent(inUrl.password));
  if (options.token !== undefined && username !== undefined)
    throw invalid("either `token`, or `username` and `password`, not both");
  if (password !== undefined && username === undefined) throw invalid("`password` without `username`");
  const basic = Buffer.from(`${username ?? ""}:${password ?? ""}`).toString("base64");
  return {
    urls: urls.map(({ origin, pathname }) => `${origin}${pathname}`.replace(/\/+$/, "")),
    authorization:
      options.token !== undefined ? `Bearer ${options.token}` : username !== undefined ? `Basic ${basic}` : undefined,
    secrets: [options.token, password, username === undefined ? undefined : basic].filter(
      (secret): secret is string => secret !== undefined && secret !== "",
    ),
    tls: typeof tls === "boolean" ? {} : { ...tls },
    timeoutMs,
    unknownMs,
    clock,
  };
}

/** Says which one cannot be read by its place: it may hold a password. */
function parsed(text: string, place: number): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw invalid(`url ${place + 1} is not one of http or https: write http://host:port, and the path if it has one`);
  if (url.search !== "" || url.hash !== "") throw invalid(`url ${place + 1} has a query or a fragment: leave it out`);
  return url;
}
