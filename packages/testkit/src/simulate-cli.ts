#!/usr/bin/env node
import { simulateCommand, USAGE } from "./simulate-command.ts";

try {
  process.exitCode = await simulateCommand(process.argv.slice(2), { out: console.log, err: console.error });
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  console.error(USAGE);
  process.exitCode = 2;
}
