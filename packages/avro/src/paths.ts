/** Dotted paths as a tree of names. */
export interface PathTree {
  /** Place, in the list of paths, of the one that ends here; -1 when none does. */
  slot: number;
  readonly names: Map<string, PathTree>;
}

/** The empty path is the root itself. No path may be there twice. */
export function pathTree(paths: readonly string[]): PathTree {
  const root: PathTree = { slot: -1, names: new Map() };
  for (const [slot, path] of paths.entries()) {
    let tree = root;
    for (const name of namesOf(path)) {
      let next = tree.names.get(name);
      if (next === undefined) tree.names.set(name, (next = { slot: -1, names: new Map() }));
      tree = next;
    }
    tree.slot = slot;
  }
  return root;
}

const namesOf = (path: string): readonly string[] => (path === "" ? [] : path.split("."));

/** What the tree has below a path, or the tree whose path ends on the way; undefined when nothing. */
export function below(tree: PathTree, path: string): PathTree | undefined {
  let found: PathTree | undefined = tree;
  for (const name of namesOf(path)) {
    if (found === undefined || found.slot >= 0) return found;
    found = found.names.get(name);
  }
  return found;
}
