import { describe, expect, it } from "vitest";
import { dateFormat } from "../src/dates/date-format.ts";

const at = Date.UTC(2026, 10, 25, 13, 4, 5, 67);

describe("dates as Java's SimpleDateFormat has them", () => {
  it.each([
    ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-11-25T13:04:05.067Z"],
    ["dd.MM.yy", "25.11.26"],
    ["EEEE, d MMM y h:mm a z", "Wednesday, 25 Nov 2026 1:04 PM UTC"],
    ["D u k K", "329 3 13 1"],
    ["h 'o''clock' ''", "1 o'clock '"],
    ["SSSSSS", "000067"],
  ])("writes %s", (pattern, text) => {
    expect(dateFormat(pattern).write(at)).toBe(text);
  });

  it("writes the Julian calendar before 1582, and years before Christ", () => {
    const { read, write } = dateFormat("yyyy-MM-dd G");
    expect(write(Date.UTC(1582, 9, 15))).toBe("1582-10-15 AD");
    expect(write(Date.UTC(1582, 9, 14))).toBe("1582-10-04 AD");
    expect(write(new Date("0000-12-30T00:00:00Z").getTime())).toBe("0001-01-01 AD");
    expect(write(new Date("0000-12-29T00:00:00Z").getTime())).toBe("0001-12-31 BC");
    for (const day of ["-000123-02-28", "1400-02-29", "1582-10-14", "1582-10-15", "2000-02-29"]) {
      const ms = new Date(`${day}T00:00:00Z`).getTime();
      if (!Number.isNaN(ms)) expect(read(write(ms))).toBe(ms);
    }
  });

  it.each([
    ["yyyyMMddHHmmss", "20261125130405", "2026-11-25T13:04:05.000Z"],
    ["yyyy-MM-dd", "2026-11-25T00:00:00 and more", "2026-11-25T00:00:00.000Z"],
    ["yyyy-MM-dd", "2026-14-32", "2027-03-04T00:00:00.000Z"],
    ["d MMMM y", "25 nov 2026", "2026-11-25T00:00:00.000Z"],
    ["y-D", "2026-329", "2026-11-25T00:00:00.000Z"],
    ["hh:mm a", "12:30 pm", "1970-01-01T12:30:00.000Z"],
    ["HH:mm X", "12:30 +01", "1970-01-01T11:30:00.000Z"],
    ["HH:mm z", "12:30 GMT-1:30", "1970-01-01T14:00:00.000Z"],
    ["HH:mm Z", "12:30 +0130", "1970-01-01T11:00:00.000Z"],
  ])("reads %s", (pattern, text, iso) => {
    expect(new Date(dateFormat(pattern).read(text)).toISOString()).toBe(iso);
  });

  it("takes two digits for a year within 80 years back and 20 to come", () => {
    const { read } = dateFormat("dd.MM.yy");
    const year = new Date().getUTCFullYear();
    const yearOf = (digits: number) =>
      new Date(read(`02.01.${String(digits % 100).padStart(2, "0")}`)).getUTCFullYear();
    expect(yearOf(year + 19)).toBe(year + 19);
    expect(yearOf(year + 21)).toBe(year - 79);
  });

  it("writes the year of the week as Java does in the United States, and does not read it", () => {
    const { read, write } = dateFormat("YYYYMM");
    expect(
      ["2023-11-14", "2025-12-27", "2025-12-28", "2026-01-01", "2022-12-31"].map((day) => write(Date.parse(day))),
    ).toEqual(["202311", "202512", "202612", "202601", "202212"]);
    expect(dateFormat("YY").write(Date.parse("2025-12-31"))).toBe("26");
    expect(() => read("202311")).toThrow(/year of the week/);
  });

  it("refuses what does not fit, and patterns that it does not know", () => {
    expect(() => dateFormat("yyyy-MM-dd").read("25.11.2026")).toThrow(/no date as the pattern "yyyy-MM-dd" has it/);
    expect(() => dateFormat("EEE").read("Wed")).toThrow(/weekday/);
    expect(() => dateFormat("z").read("CST")).toThrow(/time zone/);
    expect(() => dateFormat("YYYY-ww")).toThrow(/weeks/);
    expect(() => dateFormat("yyyy-MM-ddT")).toThrow(/quotes/);
    expect(() => dateFormat("yyyy'T")).toThrow(/none closes/);
    expect(() => dateFormat("XXXX")).toThrow(/three X/);
  });
});
