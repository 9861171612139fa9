import { asError, type ErrorCode, TandemError } from "@tandem-cdc/core";
import { ACL_RIGHTS } from "./acl.ts";

interface Sort {
  readonly code: ErrorCode;
  readonly retriable: boolean;
  readonly advice: string;
}

const RETRIABLE = { code: "STORE_UNAVAILABLE", retriable: true } as const;
const LOGIN: Sort = {
  code: "CONFIG_INVALID",
  retriable: false,
  advice: "Check the key store's username and password, and that the user is on.",
};
const ELSEWHERE: Sort = {
  ...RETRIABLE,
  advice: "The cluster is moving or electing; if it lasts, look at CLUSTER INFO.",
};

/** By the first word of an error reply. */
const REPLIES: Readonly<Record<string, Sort>> = {
  NOAUTH: LOGIN,
  WRONGPASS: LOGIN,
  NOPERM: {
    code: "CONFIG_INVALID",
    retriable: false,
    advice: `Give the key store's user these rights on its keys: ${ACL_RIGHTS}`,
  },
  WRONGTYPE: {
    code: "STORE_UNSAFE",
    retriable: false,
    advice: "Another program writes to the key store's keys: give it a keyPrefix of its own.",
  },
  OOM: {
    code: "STORE_FULL",
    retriable: true,
    advice: "Its memory is full: raise maxmemory, or shorten the horizon. It goes on by itself when there is room.",
  },
  LOADING: { ...RETRIABLE, advice: "It is starting and reads its data; it goes on by itself." },
  READONLY: {
    ...RETRIABLE,
    advice: "It is a replica. After a failover this passes; else name the master, or its sentinels.",
  },
  MASTERDOWN: { ...RETRIABLE, advice: "It is a replica without a master; it goes on when a master is there." },
  NOREPLICAS: { ...RETRIABLE, advice: "Fewer replicas are there than min-replicas-to-write asks for." },
  MISCONF: { ...RETRIABLE, advice: "It cannot save its data and takes no writes: look at its log and its disk." },
  BUSY: { ...RETRIABLE, advice: "A script blocks it." },
  CLUSTERDOWN: ELSEWHERE,
  TRYAGAIN: ELSEWHERE,
  MOVED: ELSEWHERE,
  ASK: ELSEWHERE,
};

const UNREACHABLE: Sort = { ...RETRIABLE, advice: "It goes on by itself when the server is back." };
const HUNG_UP: Sort = {
  ...RETRIABLE,
  advice: "It goes on by itself when the server is back. One that wants TLS hangs up too: then set tls.",
};
const TLS_REFUSED: Sort = {
  code: "CONFIG_INVALID",
  retriable: false,
  advice:
    "Check tls: ca has to hold the authority that signed the server's certificate, and the certificate the host's name.",
};
const REFUSED: Sort = {
  code: "STORE_UNSAFE",
  retriable: false,
  advice: "It is no Redis 7 or Valkey with the usual commands.",
};

/** `server` is named without secrets; `background` is what the client's connection last complained about, if it is broken. */
export function sortError(thrown: unknown, server: string, background?: Error): TandemError {
  if (thrown instanceof TandemError) return thrown;
  const error = reasonOf(thrown);
  const because = isReply(error) || background === undefined ? error : background;
  const { advice, code, retriable } = sortOf(because);
  return new TandemError(code, `${server}: ${sentence(because.message)} ${advice}`, {
    cause: withoutCommand(because),
    retriable,
  });
}

function sortOf(error: Error): Sort {
  const [, word] = /(?:^|Last error: )([A-Z]{2,})\b/.exec(error.message) ?? [];
  const known = word === undefined ? undefined : REPLIES[word];
  if (known !== undefined) return known;
  if (isTlsRefusal(error)) return TLS_REFUSED;
  if ((error as NodeJS.ErrnoException).code === "ECONNRESET") return HUNG_UP;
  return isReply(error) && !/max number of clients/.test(error.message) ? REFUSED : UNREACHABLE;
}

/** What went wrong in the first place: inside an aborted transaction, or at the last node that was tried. */
export function reasonOf(thrown: unknown): Error {
  const error = asError(thrown) as Error & { previousErrors?: readonly Error[]; lastNodeError?: Error };
  return error.previousErrors?.[0] ?? error.lastNodeError ?? error;
}

function isReply(error: Error): boolean {
  return error.name === "ReplyError";
}

function isTlsRefusal(error: Error): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return /CERT|^UNABLE_TO_|^ERR_(TLS|SSL)_|^EPROTO$/.test(code);
}

/** The client hangs the command on its errors, and the command may be a password. */
function withoutCommand(error: Error): Error {
  const cause = new Error(error.message);
  cause.name = error.name;
  if (error.stack !== undefined) cause.stack = error.stack;
  return cause;
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
