import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Tests run against the sources: no build in between.
const alias = [
  {
    find: /^@tandem-cdc\/([a-z-]+)$/,
    replacement: `${fileURLToPath(new URL("packages", import.meta.url))}/$1/src/index.ts`,
  },
];
const common = { pool: "forks" as const, env: { UV_THREADPOOL_SIZE: "24" } };

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          ...common,
          name: "unit",
          include: ["{packages,examples}/*/test/**/*.test.ts"],
          exclude: ["**/*.real.test.ts", "**/node_modules/**"],
          testTimeout: 30_000,
        },
      },
      {
        resolve: { alias },
        test: {
          ...common,
          name: "real",
          include: ["{packages,examples}/*/test/**/*.real.test.ts"],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
