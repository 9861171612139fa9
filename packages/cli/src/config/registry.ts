import { z } from "zod";
import { tls } from "./stores/tls.ts";
import { filledText, flag, number } from "./values.ts";

/** Never repeats the text: a URL may hold a password. */
const url = filledText().refine(
  (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
  'has to look like "http://host:8081" or "https://host/path"',
);

const urls = z.union([url, z.array(url).min(1, "has to name at least one")], {
  error: 'has to be a text or a list of texts such as "http://host:8081"',
});

export const registry = z.strictObject({
  url: urls
    .exactOptional()
    .describe("Where it listens; several in a list are asked in turn. Needed where `input.format` is `avro` or `auto`.")
    .meta({ shown: "text, or list of texts" }),
  username: filledText().exactOptional().describe("User, where it asks for a login."),
  password: filledText().exactOptional().describe("Password; `${env:...}` or `${file:...}` keep it out of this file."),
  token: filledText().exactOptional().describe("Bearer token, instead of user and password."),
  tls: tls("TLS, where the system's authorities do not do."),
  autoRegister: flag()
    .exactOptional()
    .describe(
      "Whether schemas that transforms make of the input's are registered, under `<output topic>-key` and `-value` (as without this key). `false`: they have to be there.",
    ),
  timeoutMs: number("milliseconds", z.number().min(1).max(600_000))
    .exactOptional()
    .describe("Longest wait for one answer."),
});
