import { TandemError } from "@tandem-cdc/core";

/** Fixed text, or a field of so many letters. */
export type Part = string | { readonly letter: string; readonly count: number };

/** What Java's SimpleDateFormat has and this has as well. */
const LETTERS = "GyYMLdDEuaHkKhmsSzZX";
/** What needs a week's beginning, which depends on the country. */
const WEEKS = "wWF";

/** The parts of a pattern as Java's SimpleDateFormat writes it. */
export function datePattern(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  const literal = (text: string): void => {
    const last = parts.at(-1);
    if (typeof last === "string") parts[parts.length - 1] = last + text;
    else parts.push(text);
  };
  for (let at = 0; at < pattern.length;) {
    const char = pattern[at] ?? "";
    if (char === "'") {
      const { end, text } = quoted(pattern, at);
      literal(text);
      at = end;
    } else if (/[A-Za-z]/.test(char)) {
      let end = at + 1;
      while (pattern[end] === char) end++;
      parts.push(field(pattern, char, end - at));
      at = end;
    } else {
      literal(char);
      at++;
    }
  }
  return parts;
}

function refused(pattern: string, what: string): TandemError {
  return new TandemError("CONFIG_INVALID", `the date pattern "${pattern}" ${what}`);
}

function field(pattern: string, letter: string, count: number): Part {
  if (WEEKS.includes(letter))
    throw refused(pattern, `has "${letter}": weeks are counted otherwise in each country, and not at all here`);
  if (!LETTERS.includes(letter))
    throw refused(pattern, `has "${letter}", which has no meaning: put letters that stand for themselves into quotes`);
  if (letter === "X" && count > 3) throw refused(pattern, "has more than three X");
  return { letter, count };
}

/** Two quotes are one, within quotes as well. */
function quoted(pattern: string, open: number): { readonly text: string; readonly end: number } {
  if (pattern[open + 1] === "'") return { text: "'", end: open + 2 };
  let text = "";
  for (let at = open + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") text += pattern[at];
    else if (pattern[at + 1] !== "'") return { text, end: at + 1 };
    else text += pattern[at++];
  }
  throw refused(pattern, "has a quote that none closes");
}
