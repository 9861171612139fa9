import { TandemError } from "@tandem-cdc/core";

/** The store was reached and does not let us in, or is not safe to use: the file as such may be right. */
export class StoreRefusal extends TandemError {
  override readonly name: string = "StoreRefusal";

  constructor({ code, message }: TandemError, cause: unknown) {
    super(code, message, { cause });
  }
}
