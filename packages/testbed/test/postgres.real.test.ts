import { available, type PostgresServer, startPostgres } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const { ok } = await available(["postgres"]);

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres({ settings: { max_wal_senders: "3" } });
});
afterAll(() => postgres?.stop());

describe.skipIf(!ok)("a PostgreSQL of the testbed", () => {
  it("answers with rows, and keeps what logical slots need", async () => {
    expect(await postgres.sql("SHOW wal_level; SHOW max_wal_senders; SELECT 1, 'two'")).toBe("logical\n3\n1\ttwo");
  });

  it("says what is wrong with a statement", async () => {
    await expect(postgres.sql("SELECT nonsense")).rejects.toThrow('column "nonsense" does not exist');
  });

  it("keeps what it committed over kill -9 and restart", async () => {
    await postgres.sql("CREATE DATABASE kept");
    await postgres.sql("CREATE TABLE t (n int); INSERT INTO t VALUES (7)", { database: "kept" });
    await postgres.kill();
    expect(postgres.alive).toBe(false);
    await postgres.restart();
    expect(await postgres.sql("SELECT n FROM t", { database: "kept" })).toBe("7");
  });
});
