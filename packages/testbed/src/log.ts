/** Takes one line, without its line end. */
export type Log = (line: string) => void;

export const stderrLog: Log = (line) => {
  process.stderr.write(`testbed: ${line}\n`);
};

/** Runs `work` and says in one line how long it took. */
export async function timed<T>(log: Log, what: string, work: () => Promise<T>): Promise<T> {
  const began = Date.now();
  const result = await work();
  log(`${what} in ${((Date.now() - began) / 1_000).toFixed(1)} s`);
  return result;
}
