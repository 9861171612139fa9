const NAME = /^[A-Za-z0-9._-]{1,249}$/;

function isPattern(text: string): boolean {
  return text.length > 2 && text.startsWith("/") && text.endsWith("/");
}

/** Between slashes it is a regular expression, otherwise a topic's name. */
export function topicOf(text: string): string | RegExp {
  return isPattern(text) ? new RegExp(text.slice(1, -1)) : text;
}

/** What is wrong with a topic of the configuration; undefined when nothing is. Never repeats the text. */
export function topicTrouble(text: string): string | undefined {
  if (isPattern(text)) {
    try {
      topicOf(text);
      return undefined;
    } catch (thrown) {
      // The message begins with the whole expression.
      const reason = thrown instanceof Error ? thrown.message.slice(thrown.message.lastIndexOf(": ") + 2) : "";
      return `is not a regular expression: ${reason}`;
    }
  }
  if (NAME.test(text)) return undefined;
  if (/[*+?^$|()[\]\\/]/.test(text))
    return 'is not a topic name; a regular expression stands between slashes, such as "/^cdc\\\\.shop\\\\..*/"';
  return "is not a topic name: letters, digits, '.', '_' and '-' only, at most 249";
}
