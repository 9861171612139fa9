import type { LaneContext } from "@tandem-cdc/core";
import { type ChangeEvent, SOURCE_FIELD } from "../change-event.ts";
import { hashBytes } from "../occurrences.ts";
import { bucketOf, type Connector, may, need } from "./connector.ts";
import { EqualChanges } from "./equal-changes.ts";

const ADVICE = "the connector takes it from the change stream's cluster time; upgrade it if it does not send it";

/** Changes of a lane that a bucket is meant to hold, and buckets that a second can have. */
const BUCKET_CHANGES = 256;
const BUCKETS_A_SECOND = 1_024;

/**
 * MongoDB. The connectors may read any member of one replica set, or one sharded cluster through its routers: a change
 * stream gives the oplog's own times. `source.ts_ms` (of MongoDB 6 on, the wall time of the change; before, its cluster time)
 * and `ord` with the collection, the document's key and the operation name a change; both connectors have to be of one
 * Debezium version, since which time is sent depends on it. All changes of a multi-document transaction have one time:
 * there the content tells them apart too, and equal changes of one document within one transaction cannot be (`ambiguous`
 * where one connector's records show them).
 *
 * With `capture.mode=change_streams_update_full` an update's `after` is looked up when the connector reads it, and differs
 * between connectors: what is compared of an update is its `updateDescription`.
 *
 * https://debezium.io/documentation/reference/stable/connectors/mongodb.html, "Update events"; `SourceInfo`.
 */
export const mongodb: Connector = {
  name: "mongodb",
  names: [SOURCE_FIELD.db, SOURCE_FIELD.collection],
  openLane(context: LaneContext) {
    const equal = new EqualChanges(context);
    return {
      change(event, { key, op, source }, into) {
        need(event, SOURCE_FIELD.ts, into, ADVICE);
        need(event, SOURCE_FIELD.ord, into, ADVICE);
        const lsid = event.sourceText(SOURCE_FIELD.lsid);
        may(event, SOURCE_FIELD.lsid, into);
        may(event, SOURCE_FIELD.txnNumber, into);
        const said = contentOf(event, op);
        if (lsid === null) into.content(said, "content");
        else {
          into.bytes(said, "content");
          const transaction = `${lsid} ${event.sourceInteger(SOURCE_FIELD.txnNumber)}`;
          equal.see(transaction, source, hashBytes(hashBytes(op.charCodeAt(0), key), said));
        }
        into.bucket = bucketAt(event, context.partitions);
        return "change";
      },
      place(event, into) {
        need(event, SOURCE_FIELD.ts, into, ADVICE);
        need(event, SOURCE_FIELD.ord, into, ADVICE);
      },
      snapshotPlace(event, into) {
        may(event, SOURCE_FIELD.ts, into);
        may(event, SOURCE_FIELD.ord, into);
      },
    };
  },
};

/** What both connectors say of a change. A delete's `before` is gone when its pre-image has expired. */
function contentOf(event: ChangeEvent, op: string): Uint8Array | null {
  if (op === "d") return null;
  return event.updateDescription ?? event.after;
}

function bucketAt(event: ChangeEvent, partitions: number): number {
  const seconds = Math.floor((event.sourceInteger(SOURCE_FIELD.ts) ?? Number.NaN) / 1_000);
  const ord = event.sourceInteger(SOURCE_FIELD.ord) ?? 0;
  const within = Math.min(BUCKETS_A_SECOND - 1, Math.floor(ord / (BUCKET_CHANGES * partitions)));
  return bucketOf(seconds * BUCKETS_A_SECOND + within, 1);
}
