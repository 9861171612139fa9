import { z } from "zod";
import { filledText, flag } from "../values.ts";
import { taken } from "./taken.ts";

const pem = () => filledText().exactOptional().meta({ shown: "PEM" });

const group = z.strictObject({
  ca: pem().describe("Certificate of the authority to trust, instead of the system's: `${file:ca.pem}`."),
  cert: pem().describe("This client's certificate, where the server asks for one."),
  key: pem().describe("Its key."),
  servername: filledText().exactOptional().describe("The name in the server's certificate, where it is not the host."),
  rejectUnauthorized: flag()
    .exactOptional()
    .describe("`false`: any certificate is taken, so that anybody may read along. For trials only."),
});

/** `true`, or a group of keys. */
export const tls = (description: string) =>
  z
    .unknown()
    .transform((value, context): boolean | z.output<typeof group> => {
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return taken(group, value, context);
      return taken(flag(), value, context);
    })
    .exactOptional()
    .describe(description)
    .meta({ shown: "true, false or a group", fields: group });
