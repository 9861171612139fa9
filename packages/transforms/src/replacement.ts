import { TandemError } from "@tandem-cdc/core";

/** Replaces the first place of the text that the pattern matches, if the whole text matches it; undefined if it does not. */
export type Replace = (text: string) => string | undefined;

const ANCHORED = /^\^\(\?:(.*)\)\$$/s;

/** Java's `matches` and `replaceFirst`: `$1`, `${name}` and `\$` mean what they mean there. */
export function replacement(pattern: RegExp, template: string): Replace {
  const parts = parsed(template, pattern);
  const place = new RegExp(ANCHORED.exec(pattern.source)?.[1] ?? pattern.source, pattern.flags);
  return (text) => {
    if (!pattern.test(text)) return undefined;
    const found = place.exec(text);
    if (found === null) return undefined;
    const filled = parts.map((part) => (typeof part === "string" ? part : (group(found, part.group) ?? ""))).join("");
    return text.slice(0, found.index) + filled + text.slice(found.index + found[0].length);
  };
}

function group(found: RegExpExecArray, name: number | string): string | undefined {
  return typeof name === "number" ? found[name] : found.groups?.[name];
}

type Part = string | { readonly group: number | string };

function parsed(template: string, { source, flags }: RegExp): Part[] {
  const none = new RegExp(`${source}|`, flags).exec("");
  const count = (none?.length ?? 1) - 1;
  const names = Object.keys(none?.groups ?? {});
  const parts: Part[] = [];
  const refuse = (what: string): never => {
    throw new TandemError("CONFIG_INVALID", `replacement "${template}": ${what}`);
  };
  for (let i = 0; i < template.length; i++) {
    const c = template[i] ?? "";
    if (c === "\\") parts.push(template[++i] ?? refuse("a character has to follow the backslash"));
    else if (c !== "$") parts.push(c);
    else {
      const [token, name, digits] =
        /^\$(?:\{(\w+)\}|(\d+))/.exec(template.slice(i)) ?? refuse("write \\$ for a dollar sign");
      if (name !== undefined) {
        if (!names.includes(name)) refuse(`the pattern has no group "${name}"`);
        parts.push({ group: name });
        i += (token ?? "").length - 1;
        continue;
      }
      // As many digits as make the number of a group.
      let number = Number(digits?.[0]);
      if (number > count) refuse(`the pattern has no group ${number}`);
      i++;
      for (const digit of digits?.slice(1) ?? "") {
        if (number * 10 + Number(digit) > count) break;
        number = number * 10 + Number(digit);
        i++;
      }
      parts.push({ group: number });
    }
  }
  return parts;
}
