import {
  ChangeFollower,
  type ConfigFile,
  configFile,
  type ConfigOptions,
  SHOP_TABLES,
  type TandemProcess,
  type Wire,
} from "@tandem-cdc/acceptance";
import { expect } from "vitest";
import { runTandem } from "./support.ts";

export interface DebeziumRunOptions extends Pick<
  ConfigOptions,
  "bootstrap" | "name" | "storePort" | "format" | "dedup"
> {
  /** Whether tandem is told how a record names its connector. */
  readonly sources: boolean;
  /** Of the output topics. */
  readonly prefix: string;
  /** Expression that the input topics match. Default: those of the pair, `cdc.shop.*`. */
  readonly topics?: string;
  /** Names of the topics that come out, before the prefix. Default: those of the shop. */
  readonly outputs?: readonly string[];
  /** How the values of the output are written. Default: JSON. */
  readonly wire?: Wire;
}

const SHOP_TOPICS = Object.keys(SHOP_TABLES).map((table) => `cdc.shop.${table}`);

/** `tandem run` over everything that connectors a and b send, and what comes out of it. */
export class DebeziumRun {
  readonly output: ChangeFollower;
  readonly #config: ConfigFile;
  #tandem: TandemProcess;
  /** How often it was ended and started again. */
  restarts = 0;

  private constructor(config: ConfigFile, tandem: TandemProcess, output: ChangeFollower) {
    [this.#config, this.#tandem, this.output] = [config, tandem, output];
  }

  static async start(options: DebeziumRunOptions): Promise<DebeziumRun> {
    const { bootstrap, outputs = SHOP_TOPICS, prefix, topics = String.raw`^cdc\.shop\..*`, wire } = options;
    const topic = `/${topics.replaceAll("\\", "\\\\")}/`;
    const config = configFile({ ...options, topic, more: `output: { prefix: "${prefix}" }\n` });
    const tandem = runTandem(config.path);
    const output = await ChangeFollower.open(
      bootstrap,
      outputs.map((name) => `${prefix}${name}`),
      wire,
    );
    return new DebeziumRun(config, tandem, output);
  }

  /** Ends tandem and starts it again. */
  async again(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const code = await this.#tandem.stop(signal);
    expect(code, this.#tandem.said).toBe(signal === "SIGTERM" ? 0 : null);
    this.restarts++;
    this.#tandem = runTandem(this.#config.path);
  }

  /** Resolves when the output holds `rows` changes of the transaction. */
  async emitted(gtid: string, rows: number): Promise<void> {
    await this.output.until(`tandem to emit ${rows} changes of ${gtid}`, 120_000, () => {
      if (!this.#tandem.running) throw new Error(`tandem ended by itself: ${this.#tandem.said}`);
      return this.output.count(gtid) >= rows;
    });
  }

  /** A value of the metrics page, by the beginning of its line; 0 when it is not there. */
  async metric(series: string): Promise<number> {
    const url = /http:[^" ]+metrics/.exec(this.#tandem.stdout.join("\n"))?.[0] ?? "";
    const page = await (await fetch(url)).text();
    return Number(
      page
        .split("\n")
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length) ?? 0,
    );
  }

  async stop(): Promise<void> {
    expect(await this.#tandem.stop(), this.#tandem.said).toBe(0);
  }

  /** Ends it whatever its state. */
  async close(): Promise<void> {
    await this.#tandem.stop("SIGKILL");
    await this.output.close();
    this.#config.remove();
  }
}
