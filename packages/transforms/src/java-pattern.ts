// Java's regular expressions as JavaScript's. What both have is written as JavaScript has it; what JavaScript lacks is
// refused: otherwise some of it would quietly mean something else.

/** Of Java's escapes, those that mean the same in JavaScript. */
const SAME = "dDwWsSbBtnrf";

/** Java's own escapes. */
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\\x07",
  e: "\\x1b",
  A: "(?<![^])",
  z: "(?![^])",
  Z: "(?=\\n?(?![^]))",
  h: "[ \\t\\xA0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000]",
  v: "[\\n\\x0B\\f\\r\\x85\\u2028\\u2029]",
  R: "(?:\\r\\n|[\\n\\x0B\\f\\r\\x85\\u2028\\u2029])",
};

/** What follows the letter of such an escape. */
const CODES: Readonly<Record<string, RegExp>> = {
  x: /^[0-9a-fA-F]{2}/,
  u: /^[0-9a-fA-F]{4}/,
  c: /^[A-Z]/,
  k: /^<[a-zA-Z][a-zA-Z0-9]*>/,
};

/** POSIX's classes are of ASCII in Java. */
const CLASSES: Readonly<Record<string, string>> = {
  Lower: "a-z",
  Upper: "A-Z",
  ASCII: "\\x00-\\x7F",
  Alpha: "a-zA-Z",
  Digit: "0-9",
  Alnum: "a-zA-Z0-9",
  Punct: "!-\\/:-@[-`{-~",
  Graph: "!-~",
  Print: " -~",
  Blank: " \\t",
  Cntrl: "\\x00-\\x1F\\x7F",
  XDigit: "0-9a-fA-F",
  Space: " \\t\\n\\x0B\\f\\r",
  IsAlphabetic: "\\p{Alphabetic}",
  IsDigit: "\\p{Nd}",
  IsLetter: "\\p{L}",
  IsUppercase: "\\p{Uppercase}",
  IsLowercase: "\\p{Lowercase}",
};

/** Matches whole texts only. Throws a `SyntaxError` that says what is wrong. */
export function javaPattern(text: string): RegExp {
  const { flags, rest } = leadingFlags(text);
  return new RegExp(`^(?:${new Translation(rest).whole()})$`, `${flags}u`);
}

function leadingFlags(text: string): { readonly flags: string; readonly rest: string } {
  const given = /^\(\?([a-zA-Z]+)\)/.exec(text)?.[1];
  if (given === undefined) return { flags: "", rest: text };
  for (const flag of given) if (!"isuU".includes(flag)) throw new SyntaxError(`the flag (?${flag}) is not known here`);
  return { flags: ["i", "s"].filter((flag) => given.includes(flag)).join(""), rest: text.slice(given.length + 3) };
}

class Translation {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): string {
    let out = "";
    while (this.#at < this.#text.length) out += this.#next();
    return out;
  }

  #next(): string {
    const char = this.#take();
    if (char === "\\") return this.#escape(false);
    if (char === "[") return this.#class();
    if (char === "(") return this.#group();
    if (char === "]" || char === "}") return `\\${char}`;
    if ("*+?".includes(char) || char === "{") return this.#quantifier(char);
    return char;
  }

  #take(): string {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    this.#at += char.length;
    return char;
  }

  #took(text: string): boolean {
    const there = this.#text.startsWith(text, this.#at);
    if (there) this.#at += text.length;
    return there;
  }

  #quantifier(char: string): string {
    let written = char;
    if (char === "{") {
      const bounds = /^\d+(?:,\d*)?\}/.exec(this.#text.slice(this.#at))?.[0];
      if (bounds === undefined) throw new SyntaxError("a { that stands for itself needs a backslash");
      this.#at += bounds.length;
      written += bounds;
    }
    if (this.#took("+")) throw new SyntaxError(`possessive quantifiers such as ${written}+ are not known here`);
    return this.#took("?") ? `${written}?` : written;
  }

  #group(): string {
    if (!this.#took("?")) return "(";
    if (this.#took(">")) throw new SyntaxError("atomic groups (?>...) are not known here");
    const kind = /^(?:[:=!]|<[=!]|<[a-zA-Z][a-zA-Z0-9]*>)/.exec(this.#text.slice(this.#at))?.[0];
    if (kind === undefined)
      throw new SyntaxError("flags within a pattern are not known here: put (?i) at its beginning");
    this.#at += kind.length;
    return `(?${kind}`;
  }

  #escape(inClass: boolean): string {
    if (this.#at >= this.#text.length) throw new SyntaxError("a character has to follow the backslash");
    const char = this.#take();
    if (char === "Q") return this.#quoted();
    if (SAME.includes(char)) {
      if (inClass && "bB".includes(char)) throw new SyntaxError(`\\${char} has no meaning in a class`);
      return `\\${char}`;
    }
    if (char === "p" || char === "P") return this.#property(char === "P", inClass);
    const own = ESCAPES[char];
    if (own !== undefined) return inClass ? withinClass(char, own) : own;
    if (/[1-9]/.test(char) && !inClass) return `\\${char}`;
    if (/[A-Za-z0-9]/.test(char)) return this.#coded(char);
    return literal(char);
  }

  /** Escapes with a code, or of a group by its name. */
  #coded(char: string): string {
    const code = CODES[char]?.exec(this.#text.slice(this.#at))?.[0];
    if (code === undefined) throw new SyntaxError(`the escape \\${char} is not known here`);
    this.#at += code.length;
    return `\\${char}${code}`;
  }

  /** Up to `\E` everything stands for itself. */
  #quoted(): string {
    const end = this.#text.indexOf("\\E", this.#at);
    const text = this.#text.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#text.length : end + 2;
    return literal(text);
  }

  #property(negated: boolean, inClass: boolean): string {
    const name = /^(?:\{(\w+(?:=\w+)?)\}|(\w))/.exec(this.#text.slice(this.#at));
    if (name === null) throw new SyntaxError("the name of a property has to follow \\p");
    this.#at += name[0].length;
    const of = name[1] ?? name[2] ?? "";
    const members = CLASSES[of] ?? `\\p{${of.replace(/^Is(?=[A-Z][a-z]?$)/, "").replace(/^Is(?=[A-Z])/, "Script=")}}`;
    if (!inClass) return `[${negated ? "^" : ""}${members}]`;
    if (!negated) return members;
    if (!members.startsWith("\\p")) throw new SyntaxError(`\\P{${of}} within a class is not known here`);
    return `\\P${members.slice(2)}`;
  }

  #class(): string {
    let out = this.#took("^") ? "[^" : "[";
    // The first one stands for itself.
    if (this.#took("]")) out += "\\]";
    while (!this.#took("]")) {
      if (this.#at >= this.#text.length) throw new SyntaxError("a class that begins with [ has no end");
      if (this.#text.startsWith("&&", this.#at))
        throw new SyntaxError("intersections of classes (&&) are not known here");
      const char = this.#take();
      if (char === "[")
        throw new SyntaxError(
          "classes within classes are not known here: a [ that stands for itself needs a backslash",
        );
      const member = char === "\\" ? this.#escape(true) : char;
      out += member;
      // After a class of its own a hyphen makes no range.
      if (/^\\[dDwWsSpP]|-/.test(member) && member.length > 1 && this.#took("-")) out += "\\-";
    }
    return `${out}]`;
  }
}

/** Text that stands for itself. */
function literal(text: string): string {
  return text.replaceAll(/[\^$\\.*+?()[\]{}|/-]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function withinClass(char: string, translated: string): string {
  if ("ae".includes(char)) return translated;
  if ("hv".includes(char)) return translated.slice(1, -1);
  throw new SyntaxError(`\\${char} has no meaning in a class`);
}
