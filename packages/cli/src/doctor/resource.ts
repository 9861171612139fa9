import { asError } from "@tandem-cdc/core";
import { Unmet } from "./check.ts";

/** Something that several checks look at, asked for once. */
export class Resource<T> {
  readonly #open: () => Promise<T>;
  readonly #because: (error: Error) => string;
  #opened: Promise<T> | undefined;

  /** `because`: why those that need it are skipped when it cannot be had; with the error, where no check tells that. */
  constructor(because: (error: Error) => string, open: () => Promise<T>) {
    this.#because = because;
    this.#open = open;
  }

  /** For the check whose subject it is: rejects with what is wrong. */
  get(): Promise<T> {
    return (this.#opened ??= this.#open());
  }

  /** For all others. */
  async need(): Promise<T> {
    try {
      return await this.get();
    } catch (cause) {
      throw cause instanceof Unmet ? cause : new Unmet(this.#because(asError(cause)), { cause });
    }
  }

  /** What was opened, if it was. */
  async opened(): Promise<T | undefined> {
    return this.#opened?.catch(() => undefined);
  }
}
