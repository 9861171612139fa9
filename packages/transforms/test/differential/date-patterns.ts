import fc from "fast-check";

/** Patterns of Java's SimpleDateFormat: what is common, what can be made of its letters, and what is wrong. */
export const pattern: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "yyyyMMdd",
      "yyyy-MM-dd",
      "yyyy-MM-dd HH:mm:ss.SSS",
      "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
      "yyyy-MM-dd'T'HH:mm:ssX",
      "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
      "EEE, d MMM yyyy HH:mm:ss Z",
      "dd.MM.yy",
      "MM/dd/yyyy hh:mm a",
      "yyyyMMddHHmmssSSS",
      "MMMM d, yyyy G",
      "yyyy.DDD",
      "h 'o''clock' a, zzzz",
    ),
  },
  {
    weight: 5,
    arbitrary: fc
      .array(
        fc.tuple(
          fc.constantFrom(..."GyMLdDEuaHkKhmsSzZX".split("")),
          fc.integer({ min: 1, max: 5 }),
          fc.constantFrom("", "-", " ", ":", "'at'", "''"),
        ),
        { minLength: 1, maxLength: 5 },
      )
      .map((fields) =>
        fields
          .map(([letter, count, then]) => letter.repeat(letter === "X" ? Math.min(count, 3) : count) + then)
          .join("")
          .trim(),
      ),
  },
  { weight: 1, arbitrary: fc.constantFrom("yyyy-ww", "YYYY", "W F", "yyyy'", "b", "XXXX", "T") },
);
