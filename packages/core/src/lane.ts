/** One input topic-partition: the unit of order and of ownership. */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
}

declare const laneIdBrand: unique symbol;

/** `topic-partition`, usable as a map key. */
export type LaneId = string & { readonly [laneIdBrand]: true };

export function laneId(lane: Lane): LaneId {
  return `${lane.topic}-${lane.partition}` as LaneId;
}

export function parseLaneId(id: string): Lane {
  const dash = id.lastIndexOf("-");
  const partition = Number(id.slice(dash + 1));
  if (dash < 1 || !Number.isSafeInteger(partition)) throw new TypeError(`not a lane id: ${id}`);
  return { topic: id.slice(0, dash), partition };
}
