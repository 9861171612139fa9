import type { IdentityWriter } from "@tandem-cdc/core";
import { type ChangeEvent, SOURCE_FIELD } from "../change-event.ts";
import { bucketOf, type Connector, may, need, rowContent, rowIdentity, SCHEMA_TABLE } from "./connector.ts";

const LOG_MINER =
  "with LogMiner keep log.mining.buffer.track.rs_id=true (the default); OpenLogReplicator sends nothing that names a change: use LogMiner or XStream, or identify its topics by use: content or use: fields";

/** System change numbers that some hundred changes of a lane take. */
const BUCKET_SCNS = 256;

/**
 * Oracle. The connectors have to read the redo of one database, in one incarnation: the primary, or a physical standby of
 * it, whose redo is the same (a logical standby has its own). With LogMiner a change is named by its SCN, its
 * transaction and the address of its redo record (`rs_id` and `ssn`, which is always 0 in 3.6, in its `redo_thread`); rows that
 * share such a record (an array insert) by their key, without a key by their number in the transaction (`txSeq`) where the connector sends it,
 * otherwise by content, so that equal ones cannot be told apart. `txSeq` is equal on both only with the same table filters.
 * With XStream `lcr_position` names the change.
 *
 * https://debezium.io/documentation/reference/stable/connectors/oracle.html, "Data change events"; `SourceInfo`,
 * `CommitScn`, `BufferedLogMinerStreamingChangeEventSource`.
 */
export const oracle: Connector = {
  name: "oracle",
  names: SCHEMA_TABLE,
  openLane({ partitions }) {
    const stand = (event: ChangeEvent, into: IdentityWriter): void => {
      into.bucket = bucketOf(Number(event.sourceText(SOURCE_FIELD.scn) ?? Number.NaN), BUCKET_SCNS * partitions);
      const commit = event.sourceText(SOURCE_FIELD.commitScn);
      // Changes come in the order of their commits: their own SCNs do not grow.
      if (commit === null) return;
      into.domain = "commit_scn";
      into.position = Number(commit);
    };
    return {
      change(event, { key }, into) {
        stand(event, into);
        rowContent(event, into);
        if (event.sourceRaw(SOURCE_FIELD.lcrPosition) !== null) {
          need(event, SOURCE_FIELD.lcrPosition, into, "");
          return "change";
        }
        need(event, SOURCE_FIELD.scn, into, LOG_MINER);
        need(event, SOURCE_FIELD.rsId, into, LOG_MINER);
        need(event, SOURCE_FIELD.txId, into, LOG_MINER);
        may(event, SOURCE_FIELD.ssn, into);
        may(event, SOURCE_FIELD.redoThread, into);
        if (key !== null) return "change";
        const numbered = event.sourceRaw(SOURCE_FIELD.txSeq) !== null;
        may(event, SOURCE_FIELD.txSeq, into);
        if (!numbered) rowIdentity(event, into);
        return "change";
      },
      place(event, into) {
        need(event, SOURCE_FIELD.scn, into, "a schema change is known by it");
        stand(event, into);
      },
      snapshotPlace(event, into) {
        may(event, SOURCE_FIELD.scn, into);
      },
    };
  },
};
