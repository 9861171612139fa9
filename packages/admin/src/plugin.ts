export type PluginKind = "transform" | "predicate" | "store" | "identity";

/** An option of a plugin, as its declaration has it. */
export interface PluginOption {
  readonly name: string;
  /** What it holds, in words. */
  readonly type: string;
  readonly required: boolean;
  /** As a configuration would write it; undefined: there is none. */
  readonly default?: unknown;
  readonly doc?: string;
}

export interface PluginProblem {
  /** The option; null: it is wrong with all of them together. */
  readonly option: string | null;
  /** Says where in the option, when that is a group or a list. */
  readonly message: string;
}

/** Something that a configuration may name. */
export interface Plugin {
  /** The word that names it. */
  readonly type: string;
  readonly kind: PluginKind;
  /** Null: it is not installed. */
  readonly version: string | null;
  readonly doc?: string;
  /** Other names of it, such as Java classes. */
  readonly aliases?: readonly string[];
  readonly options: readonly PluginOption[];
  /** What is wrong with these options. Opens and changes nothing. */
  validate(options: Readonly<Record<string, unknown>>): readonly PluginProblem[] | Promise<readonly PluginProblem[]>;
}

/** `Name$Key` and `Name$Value` stand for the parts of a record that `Name` is for. */
export function pluginOf(plugins: readonly Plugin[], type: string, kind: string | null): readonly Plugin[] {
  const name = type.replace(/\$(Key|Value)$/, "");
  return plugins.filter(
    (plugin) =>
      (kind === null || plugin.kind === kind) &&
      [plugin.type, ...(plugin.aliases ?? [])].some((known) => known === type || known === name),
  );
}
