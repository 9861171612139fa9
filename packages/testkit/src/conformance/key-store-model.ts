import { randomInt } from "node:crypto";
import { type KeyStore, type Lane, laneId } from "@tandem-cdc/core";
import { Random } from "../random.ts";
import { assertOwners, type Claim, claim, digestOf, type Owner } from "./claim-columns.ts";
import { type ConformanceTest, randomLane, type Session, sessionTest, type StoreMaker } from "./conformance.ts";

const BATCH = 1_000;
const KEYS_PER_BUCKET = 256;

/** Claims by the book, with objects. */
class Model {
  readonly #owners = new Map<string, Owner>();

  claim(lane: Lane, key: string, { coordinate, fingerprint }: Claim): Owner {
    const id = `${laneId(lane)}/${key}`;
    const known = this.#owners.get(id);
    const owner = known === undefined || coordinate < known.coordinate ? { coordinate, fingerprint } : known;
    this.#owners.set(id, owner);
    return owner;
  }
}

/** A batch of random keys that lie near each other, as changes of one moment do; half of them have been seen. */
function randomBatch(
  random: Random,
  seed: number,
  moment: number,
): { readonly keys: readonly string[]; readonly claims: readonly Claim[] } {
  const keys = new Map<string, Claim>();
  let coordinate = random.below(1_000_000);
  for (let i = 0; i < BATCH; i++) {
    const key = moment * (BATCH / 2) + random.below(BATCH * 2);
    coordinate += 1 + random.below(3);
    const bucket = Math.floor(key / KEYS_PER_BUCKET) - 20;
    const digest = digestOf(seed, key);
    if (!keys.has(`${key}`)) keys.set(`${key}`, { bucket, digest, coordinate, fingerprint: random.below(2 ** 32) });
  }
  return { keys: [...keys.keys()], claims: [...keys.values()] };
}

/** `seed` chooses the keys; the rest comes from the lane as well, so that lanes claim the same keys differently. */
async function randomHistory(
  store: KeyStore,
  claims: number,
  lane: Lane,
  seed: number,
  between: (round: number) => Promise<KeyStore>,
): Promise<void> {
  const random = new Random(seed + lane.partition);
  const model = new Model();
  let current = store;
  for (let made = 0, round = 0; made < claims; round++) {
    const { claims: asked, keys } = randomBatch(random, seed, round);
    const answers = await claim(current, lane, asked);
    const expected = asked.map((one, i) => model.claim(lane, keys[i] ?? "", one));
    assertOwners(answers, expected, `seed ${seed}, batch ${round}`);
    made += asked.length;
    current = await between(round);
  }
}

/** Random claims against a model. */
export function keyStoreModel(maker: StoreMaker<KeyStore>): ConformanceTest[] {
  const test = (name: string, body: (session: Session<KeyStore>) => Promise<void>): ConformanceTest =>
    sessionTest(maker, name, body);
  return [
    test("100,000 random claims agree with a model, over releases and restarts", async ({ manifest, open, reopen }) => {
      const lane = randomLane();
      let store = await open();
      await randomHistory(store, 100_000, lane, randomInt(2 ** 32), async (round) => {
        if (round % 30 === 29 && manifest.survives.restart) store = await reopen(store);
        else if (round % 10 === 9) store.release?.(lane);
        return store;
      });
    }),
    test("16 lanes at once, over the same keys, each agree with a model", async ({ open }) => {
      const store = await open();
      const { topic } = randomLane();
      const lanes = Array.from({ length: 16 }, (_, partition) => ({ topic, partition }));
      const seed = randomInt(2 ** 32);
      await Promise.all(lanes.map((lane) => randomHistory(store, 3_000, lane, seed, async () => store)));
    }),
  ];
}
