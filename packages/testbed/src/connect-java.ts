import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { connectJavaFiles } from "./internal/connect-java-files.ts";
import { java } from "./internal/java.ts";
import { forgetProcess, reapProcess } from "./internal/reaper.ts";
import { type Log, stderrLog, timed } from "./log.ts";

/** A schema of Connect as JSON; default values are tagged as values are. */
export interface WireSchema {
  readonly type: string;
  readonly optional?: boolean;
  readonly default?: unknown;
  readonly name?: string;
  readonly version?: number;
  readonly doc?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly fields?: readonly { readonly name: string; readonly schema: WireSchema }[];
  readonly keySchema?: WireSchema;
  readonly valueSchema?: WireSchema;
}

/** A header by its schema and value, or by its bytes in base64, as Connect's SimpleHeaderConverter reads them. Answers have both. */
export interface WireHeader {
  readonly key: string;
  readonly schema?: WireSchema | null;
  readonly value?: unknown;
  readonly bytes?: string | null;
}

/**
 * A record as JSON. What JSON lacks is tagged: `{"$long":"123"}`, `{"$int":1}` (without a schema), `{"$bytes":"base64"}`,
 * `{"$date":ms}`, `{"$decimal":["unscaled",scale]}`, `{"$double":"NaN"}`, `{"$map":[[key,value]]}`. A plain number without
 * a schema is a Double.
 */
export interface WireRecord {
  readonly topic: string;
  readonly partition: number | null;
  readonly timestamp: number | null;
  readonly keySchema: WireSchema | null;
  readonly key: unknown;
  readonly valueSchema: WireSchema | null;
  readonly value: unknown;
  readonly headers: readonly WireHeader[];
  /** Of a record that a sink would get; default 0. */
  readonly offset?: number;
  /** What Java makes of it: default a `sink` record. */
  readonly as?: "source" | "sink";
}

/** A Java class and its configuration, as in a connector's properties. */
export interface JavaStep {
  readonly class: string;
  readonly config: Readonly<Record<string, string>>;
  /** Of a transform: for which records it is. */
  readonly predicate?: JavaPredicate;
}

export interface JavaPredicate {
  readonly class: string;
  readonly config: Readonly<Record<string, string>>;
  readonly negate?: boolean;
}

export type JavaRequest =
  | (JavaStep & { readonly kind: "transform"; readonly record: WireRecord })
  | { readonly kind: "transform"; readonly chain: readonly JavaStep[]; readonly record: WireRecord }
  | (JavaPredicate & { readonly kind: "predicate"; readonly record: WireRecord });

export interface JavaError {
  readonly class: string;
  readonly message: string;
  /** `configure`: the configuration was refused; `apply`: the record; `request`: what was asked makes no sense. */
  readonly phase: "configure" | "apply" | "request";
}

/** What a transform answers is at most one record; what a predicate answers is a boolean. */
export type JavaAnswer = { readonly result: readonly WireRecord[] | boolean } | { readonly error: JavaError };

/** An Avro body in base64 and the JSON of its schema. */
export interface AvroBody {
  readonly avro: string;
  readonly bytes: string;
}

/** Connect's Avro converter at work; `ours`: an Avro schema that may be the same as what it makes. */
export type AvroRequest =
  | ({ readonly kind: "avro-read" } & AvroBody)
  | { readonly kind: "avro-write"; readonly schema: WireSchema; readonly value: unknown; readonly ours: string };

export type AvroAnswer =
  | {
      readonly result: { readonly schema: WireSchema; readonly value: unknown } & AvroBody & { readonly same: boolean };
    }
  | { readonly error: JavaError };

export interface BenchRequest {
  readonly chain: readonly JavaStep[];
  /** Used again and again, in turn. */
  readonly records: readonly WireRecord[];
  readonly count: number;
  /** Records before the clock starts; default `count`. */
  readonly warmup?: number;
  /** From JSON bytes and back to them by Connect's JsonConverter, as in a worker; without it only the transforms. */
  readonly json?: { readonly schemas: boolean };
}

export interface BenchResult {
  readonly records: number;
  readonly emitted: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
}

/** Kafka's and Debezium's own transforms in one JVM. Requests may be made at once: they are answered in order. */
export interface ConnectJava {
  ask(request: JavaRequest): Promise<JavaAnswer>;
  /** `avro-read` gives schema and value, `avro-write` the body, its schema, and whether ours is the same. */
  avro(request: AvroRequest): Promise<AvroAnswer>;
  bench(request: BenchRequest): Promise<BenchResult>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the JVM; the first time it fetches the jars and compiles the program. */
export async function connectJava({ log = stderrLog }: { readonly log?: Log } = {}): Promise<ConnectJava> {
  const classPath = await connectJavaFiles(log);
  const child = spawn(
    java(),
    ["-Xmx512m", "-XX:+UseSerialGC", "-Dpolyglot.engine.WarnInterpreterOnly=false", "-cp", classPath, "ConnectJava"],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  if (child.pid !== undefined) reapProcess(child.pid);
  const waiting = new Map<number, Waiting>();
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  listen(child, waiting);

  let last = 0;
  const ask = <T>(request: object): Promise<T> =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    }) as Promise<T>;

  const unclear = await timed(log, "started Connect's transforms", () => ask<JavaAnswer>({ kind: "none" }));
  if (!("error" in unclear)) throw new Error("the Java program answers what it was not asked");

  return {
    ask: async (request) => {
      const answer = await ask<JavaAnswer>(request);
      if ("error" in answer && answer.error.phase === "request")
        throw new Error(`${answer.error.class}: ${answer.error.message}`);
      return answer;
    },
    avro: (request) => ask<AvroAnswer>(request),
    bench: async (request) => {
      const answer = await ask<{ result: BenchResult } | { error: JavaError }>({ kind: "bench", ...request });
      if ("error" in answer) throw new Error(`${answer.error.class}: ${answer.error.message}`);
      return answer.result;
    },
    stop: () => {
      child.stdin.end(); // it ends with its input
      return ended;
    },
  };
}

function listen(child: ChildProcess, waiting: Map<number, Waiting>): void {
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  child.once("error", fail);
  child.stdin?.on("error", () => {}); // it has ended: `close` says so
  child.once("close", (code, signal) => {
    if (child.pid !== undefined) forgetProcess(child.pid);
    fail(new Error(`the JVM of Connect's transforms ended with ${code ?? signal}`));
  });
  if (child.stdout === null) return;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, ...answer } = JSON.parse(line) as { id: number };
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
}
