import type { IdentityStrategy } from "@tandem-cdc/core";
import { eachForItself } from "./each-for-itself.ts";

/** Every record goes on as it is: every copy of it. No claims are made. */
export function passIdentity(): IdentityStrategy {
  return eachForItself("pass", 1, () => ({ identify: () => "pass" }));
}

/** Every record is dropped. No claims are made. */
export function ignoreIdentity(): IdentityStrategy {
  return eachForItself("ignore", 1, () => ({ identify: () => "ignored" }));
}
