/** The values at these percentiles, rounded to 0.1; sorts in place. */
export function percentiles(values: number[], wanted: readonly number[]): number[] {
  values.sort((a, b) => a - b);
  return wanted.map((p) => {
    const value = values[Math.min(values.length - 1, Math.ceil((p / 100) * values.length) - 1)] ?? Number.NaN;
    return Math.round(value * 10) / 10;
  });
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
