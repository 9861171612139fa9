import { createTopics, existingTopics, openReader, openWriter } from "@tandem-cdc/kafka";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Tandem } from "./command.ts";
import { change } from "./log.ts";
import { file, folder, least, put, type Tree } from "./support.ts";

const { ok } = await available(["kafka"]);

const PARTITIONS = 2;
const TOKEN = "canary-5Jx9-0123456789";
const decoder = new TextDecoder();

let kafka: KafkaCluster;
const client = (): { "bootstrap.servers": string } => ({ "bootstrap.servers": kafka.bootstrap });
beforeAll(async () => {
  kafka = await startKafka({ autoCreateTopics: false });
});
afterAll(() => kafka?.stop());

/** One topic, what two sources send to it, and what comes out. */
class Stream {
  readonly topic: string;
  readonly out: string[] = [];
  readonly config: string;
  #sent = 0;

  constructor(name: string, admin: Tree) {
    this.topic = `${name}.shop.orders`;
    this.config = file(
      least((c) => {
        put(c, ["name"], name);
        put(c, ["kafka", "bootstrap.servers"], kafka.bootstrap);
        put(c, ["input", "topics"], [this.topic]);
        put(c, ["dedup"], {
          sources: { header: "connector", names: ["a", "b"] },
          store: { type: "level", path: folder() },
        });
        put(c, ["metrics", "enabled"], false);
        put(c, ["admin"], { enabled: true, port: 0, token: TOKEN, ...admin });
      }),
      "tandem.json",
    );
  }

  async begin(): Promise<void> {
    const outputs = `dedup.${this.topic}`;
    const topics = [this.topic, outputs].map((topic) => ({
      topic,
      partitions: PARTITIONS,
      config: { "retention.ms": "-1" },
    }));
    await createTopics(client(), topics);
    while (!(await existingTopics(client())).includes(outputs)) await pause(100);
    const reader = await openReader(client(), outputs);
    const over = new AbortController();
    const followed = (async () => {
      while (!over.signal.aborted)
        for (const { value } of await reader.read())
          this.out.push((JSON.parse(decoder.decode(value ?? undefined)) as Change).after.status);
    })();
    onTestFinished(async () => {
      over.abort();
      await followed;
      await reader.close();
    });
  }

  /** So many changes more, each from both sources. */
  async send(count: number): Promise<void> {
    const writer = await openWriter(client());
    for (let i = 0; i < count; i++) {
      const sequence = ++this.#sent;
      for (const source of ["a", "b"]) {
        const record = change({ source, sequence, key: sequence % 7, after: `${sequence}`, atMs: sequence });
        if (record !== null) await writer.write({ ...record, topic: this.topic, partition: sequence % PARTITIONS });
      }
    }
    await writer.flush();
    await writer.close();
  }

  /** Something that no connector sends: the pipeline fails on it. */
  async sendNonsense(): Promise<void> {
    const writer = await openWriter(client());
    const [key, value] = ["k", "no change"].map((text) => new TextEncoder().encode(text));
    await writer.write({ topic: this.topic, partition: 0, key: key ?? null, value: value ?? null, timestamp: 1 });
    await writer.flush();
    await writer.close();
  }

  /** Everything sent is out, once, and stays so. */
  async allOut(): Promise<void> {
    await until(`${this.#sent} changes, not ${this.out.length}`, () => this.out.length >= this.#sent);
    await pause(1_000);
    const all = Array.from({ length: this.#sent }, (_, i) => `${i + 1}`);
    expect(this.out.toSorted((a, b) => Number(a) - Number(b))).toEqual(all);
  }
}

interface Change {
  readonly after: { readonly status: string };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it did not happen: ${what}`);
    await pause(50);
  }
}

interface Status {
  readonly pipeline: { readonly state: string };
  readonly last_error: { readonly code: string } | null;
}

/** A `tandem run`, commanded over HTTP. */
class Run {
  readonly tandem: Tandem;
  readonly #name: string;
  #url = "";

  constructor(config: string, name: string) {
    this.tandem = new Tandem(["run", "--config", config]);
    this.#name = name;
  }

  async begin(): Promise<this> {
    const line = await this.tandem.line("administration at ");
    this.#url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? "";
    return this;
  }

  async ask<T>(method: string, path: string): Promise<T> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${this.#url}/pipelines/${this.#name}${path}`, { method, headers });
    expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true);
    return (await answer.json()) as T;
  }

  async command(method: string, name: string, state: string): Promise<void> {
    await this.ask(method, `/${name}`);
    await this.untilState(state);
  }

  untilState(state: string): Promise<void> {
    return until(state, async () => (await this.ask<Status>("GET", "/status")).pipeline.state === state);
  }

  /** Records that are not committed yet. */
  async lag(): Promise<number> {
    const { offsets } = await this.ask<{ offsets: { lag: number }[] }>("GET", "/offsets");
    return offsets.reduce((sum, { lag }) => sum + lag, 0);
  }
}

describe.skipIf(!ok)("a pipeline that is commanded over HTTP", () => {
  it("pauses, resumes, stops and restarts, and everything comes out once, over a kill as well", async () => {
    const stream = new Stream("commanded", {});
    await stream.begin();
    await stream.send(100);
    const first = await new Run(stream.config, "commanded").begin();
    await stream.allOut();

    await first.command("PUT", "pause", "PAUSED");
    await stream.send(100);
    await pause(2_000);
    expect(stream.out).toHaveLength(100);
    expect(await first.lag()).toBe(200);
    await first.command("PUT", "resume", "RUNNING");
    await stream.allOut();

    await first.command("PUT", "stop", "STOPPED");
    await stream.send(100);
    await pause(2_000);
    expect(stream.out).toHaveLength(200);
    expect(first.tandem.child.exitCode).toBeNull();
    await first.command("POST", "restart", "RUNNING");
    const sending = stream.send(2_000);
    await first.command("POST", "restart", "RUNNING");
    await sending;
    await stream.allOut();

    expect(await first.ask("GET", "/topics")).toEqual({
      commanded: { inputs: [stream.topic], outputs: [`dedup.${stream.topic}`] },
    });
    expect(await first.ask("GET", "/config")).toMatchObject({ name: "commanded", admin: { token: "***" } });

    await first.command("PUT", "pause", "PAUSED");
    await stream.send(100);
    first.tandem.child.kill("SIGKILL");
    await first.tandem.ended;
    const second = await new Run(stream.config, "commanded").begin();
    await stream.allOut();

    await second.command("PUT", "stop", "STOPPED");
    second.tandem.child.kill("SIGTERM");
    const { code, stderr, stdout } = await second.tandem.ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("administration: stop");
    expect(stdout).not.toContain(TOKEN);
  });

  it("that fails ends its process, unless that is to be kept alive", async () => {
    const mortal = new Stream("mortal", {});
    await mortal.begin();
    await mortal.send(10);
    await mortal.sendNonsense();
    const { code, stderr } = await new Run(mortal.config, "mortal").tandem.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining("RECORD_REJECTED")]);

    const kept = new Stream("kept", { keepAlive: true });
    await kept.begin();
    await kept.send(10);
    await kept.sendNonsense();
    const run = await new Run(kept.config, "kept").begin();
    for (let life = 0; life < 2; life++) {
      await run.untilState("FAILED");
      expect((await run.ask<Status>("GET", "/status")).last_error).toMatchObject({ code: "RECORD_REJECTED" });
      await run.ask("POST", "/restart");
    }
    await run.untilState("FAILED");
    expect(run.tandem.child.exitCode).toBeNull();
    expect(run.tandem.stdout).toContain("it waits for a restart by the administration API");
    run.tandem.child.kill("SIGTERM");
    expect((await run.tandem.ended).code).toBe(0);
  });
});
