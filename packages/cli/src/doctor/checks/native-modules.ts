import { asError, TandemError } from "@tandem-cdc/core";
import { propertyProblems } from "@tandem-cdc/kafka";
import { isBuiltIn } from "../../config/stores/store.ts";
import type { Config } from "../../config/schema.ts";
import { loadPackage } from "../../run/store-packages.ts";
import { type Check, failure, type Finding, orOk } from "../check.ts";

const STORES: Readonly<Record<string, readonly [name: string, native: string, load: () => Promise<unknown>]>> = {
  level: ["@tandem-cdc/keystore-level", "classic-level", () => import("@tandem-cdc/keystore-level")],
  rocksdb: ["@tandem-cdc/keystore-rocksdb", "rocksdb-native", () => import("@tandem-cdc/keystore-rocksdb")],
  redis: ["@tandem-cdc/keystore-redis", "", () => import("@tandem-cdc/keystore-redis")],
  cassandra: ["@tandem-cdc/keystore-cassandra", "", () => import("@tandem-cdc/keystore-cassandra")],
};

/** What has to be compiled, or fetched ready-made, when it is installed. */
function nativeModules({ dedup }: Config): readonly string[] {
  const store = dedup.mode === "claims" && isBuiltIn(dedup.store) ? (STORES[dedup.store.type]?.[1] ?? "") : "";
  return ["node-rdkafka", ...(store === "" ? [] : [store])];
}

export const nativeModulesLoad: Check = {
  id: "node.modules",
  about: "The native Kafka client is built, and the store's package is installed and loads.",
  async look({ config }) {
    const found = [...kafkaClient(), ...(await storePackage(config))];
    const names = nativeModules(config);
    return orOk(found, `${names.join(" and ")} ${names.length === 1 ? "loads" : "load"}`);
  },
};

function kafkaClient(): Finding[] {
  try {
    propertyProblems({ client: { "bootstrap.servers": "-" } });
    return [];
  } catch (thrown) {
    return [failure(asError(thrown).message, "npm rebuild node-rdkafka --ignore-scripts=false")];
  }
}

async function storePackage({ dedup: { mode, store } }: Config): Promise<Finding[]> {
  const known = mode === "claims" && isBuiltIn(store) ? STORES[store.type] : undefined;
  if (known === undefined) return [];
  const [name, native, load] = known;
  try {
    await loadPackage(name, load);
    return [];
  } catch (thrown) {
    const built = thrown instanceof TandemError && thrown.code === "NATIVE_MODULE_MISSING" && native !== "";
    const fix = built ? `npm rebuild ${native} --ignore-scripts=false` : `npm install ${name}`;
    return [failure(asError(thrown).message, fix)];
  }
}
