/** Breaks behind three questions, each of which shows as a block of its own. */
export function behindDoors(input: Uint8Array): void {
  if (input[0] !== 0x54) return;
  if (input[1] !== 0x41) return;
  if (input[2] === 0x4e) throw new RangeError("found");
}

export function branch(which: boolean): string {
  return which ? "yes" : "no";
}
