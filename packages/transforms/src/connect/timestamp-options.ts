/** Help for options that take a pattern. */
export const DATE_PATTERN =
  "A pattern as Java's SimpleDateFormat has it, such as `yyyy-MM-dd HH:mm:ss.SSS`; in UTC and in English. Weeks (`Y`, `w`, `W`, `F`) are refused.";
