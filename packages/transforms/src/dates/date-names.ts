export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** As JavaScript counts them. */
export const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

export const ERAS = ["BC", "AD"] as const;
export const HALVES = ["AM", "PM"] as const;

export function short(name: string): string {
  return name.slice(0, 3);
}
