import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { TandemError } from "@tandem-cdc/core";

/** A login in steps: each answer of the broker gives the next message; undefined when nothing is left to say. */
export interface Login {
  readonly first: Buffer;
  next(answer: Buffer): Buffer | undefined;
}

export function plainLogin(username: string, password: string): Login {
  return { first: Buffer.from(`\0${username}\0${password}`), next: () => undefined };
}

/** SCRAM, RFC 5802. The broker has to prove too that it knows the password. */
export function scramLogin(hash: "sha256" | "sha512", username: string, password: string): Login {
  const name = username.replaceAll("=", "=3D").replaceAll(",", "=2C");
  const nonce = randomBytes(24).toString("base64");
  const bare = `n=${name},r=${nonce}`;
  const mac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();
  let proof: Buffer | undefined;
  return {
    first: Buffer.from(`n,,${bare}`),
    next(answer) {
      const said = fields(answer);
      if (proof !== undefined) {
        const shown = Buffer.from(said.get("v") ?? "", "base64");
        if (shown.length !== proof.length || !timingSafeEqual(shown, proof)) throw impostor();
        return undefined;
      }
      const [given = "", salt = "", rounds = ""] = [said.get("r"), said.get("s"), said.get("i")];
      if (!given.startsWith(nonce) || !(Number(rounds) >= 1)) throw impostor();
      const length = createHash(hash).digest().length;
      const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(rounds), length, hash);
      const client = mac(salted, "Client Key");
      const last = `c=biws,r=${given}`;
      const signed = `${bare},${answer.toString()},${last}`;
      const signature = mac(createHash(hash).update(client).digest(), signed);
      proof = mac(mac(salted, "Server Key"), signed);
      const shown = Buffer.from(client.map((byte, i) => byte ^ (signature[i] ?? 0)));
      return Buffer.from(`${last},p=${shown.toString("base64")}`);
    },
  };
}

function fields(message: Buffer): Map<string, string> {
  return new Map(
    message
      .toString()
      .split(",")
      .map((part) => [part.slice(0, 1), part.slice(2)]),
  );
}

function impostor(): TandemError {
  return new TandemError("TRANSPORT_FAILED", "the broker's answer to the login is not one of SCRAM");
}
