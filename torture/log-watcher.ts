/** Listens to what servers write: whether one said that something is broken in it, and whether one said a secret. */
export type Ears = {
  readonly hear: (line: string) => void;
  /** Something that must be in no line, whenever it was written. */
  readonly keep: (secret: string) => void;
  /** What was heard that nobody must say. */
  broken(): readonly string[];
  /** How many refusals have no row in the log of attempts. */
  unlogged(): number;
  /** How many secrets were found, of how many. */
  leaked(): { readonly found: number; readonly kept: number };
};

/** Words that are long enough for a secret. Ids of requests are in every line, and no secrets. */
const words = /[A-Za-z0-9_-]{12,}/g;
const requestId = /^[0-9a-f]{32}$/;

/** What says that something is broken: a 500, or the end of a process with what Node writes about it. */
const faults = /"status":"500"|Unhandled|^\s+at /;

/** While the database is away a refusal stays a refusal, and its row is not written: that is so by design, and counted. */
const unlogged = 'an attempt could not be logged';

export function openEars(): Ears {
  const said = new Set<string>();
  const secrets = new Set<string>();
  const broken: string[] = [];
  let refusals = 0;
  return {
    hear(line) {
      if (faults.test(line) && broken.length < 100) broken.push(line.slice(0, 2000));
      if (line.includes(unlogged)) refusals += 1;
      for (const [word] of line.matchAll(words)) if (!requestId.test(word)) said.add(word);
    },
    // Of a token, its signature is the secret.
    keep: (secret) => secrets.add(secret.split('.').at(-1) ?? secret),
    broken: () => broken,
    unlogged: () => refusals,
    leaked: () => ({ found: secrets.intersection(said).size, kept: secrets.size }),
  };
}
