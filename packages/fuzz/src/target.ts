/** Something that reads bytes which others wrote. */
export interface Target {
  readonly name: string;
  /** What is well-formed, to begin with. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** Pieces of the language that is read. */
  readonly words: readonly (string | Uint8Array)[];
  /** Makes ready what inputs need; the reader, one input a call, that throws as the code under test does. */
  open(): Promise<(input: Uint8Array) => unknown>;
  /** Whether an error is one that is documented for input that is not as it should be. */
  readonly allows: (thrown: unknown) => boolean;
}
