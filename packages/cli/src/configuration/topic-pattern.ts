const NAME = /^[A-Za-z0-9._-]{1,249}$/;

/** Between slashes it is a regular expression, otherwise a topic's name. The second answer says what is wrong. */
export function topicPattern(text: string): string | RegExp | { readonly wrong: string } {
  if (text.length > 2 && text.startsWith("/") && text.endsWith("/")) {
    try {
      return new RegExp(text.slice(1, -1));
    } catch (thrown) {
      // The message begins with the whole expression.
      const reason = thrown instanceof Error ? thrown.message.slice(thrown.message.lastIndexOf(": ") + 2) : "";
      return { wrong: `is not a regular expression: ${reason}` };
    }
  }
  if (NAME.test(text)) return text;
  if (/[*+?^$|()[\]\\/]/.test(text))
    return { wrong: `is not a topic name; a regular expression stands between slashes, such as "/^cdc\\\\.shop\\\\..*/"` };
  return { wrong: "is not a topic name: letters, digits, '.', '_' and '-' only, at most 249" };
}
