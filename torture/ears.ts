/** Listens to what servers write: whether one said that something is broken in it, and whether one said a secret. */
export type Ears = {
  readonly hear: (line: string) => void;
  /** Something that must be in no line, whenever it was written. */
  readonly keep: (secret: string) => void;
  /** What was heard that nobody must say. */
  broken(): readonly string[];
  /** How many secrets were found, of how many. */
  leaked(): { readonly found: number; readonly kept: number };
};

/** Words that are long enough for a secret. Ids of requests are in every line, and no secrets. */
const words = /[A-Za-z0-9_-]{12,}/g;
const requestId = /^[0-9a-f]{32}$/;

const faults = /a fault that nobody caught|"status":"500"|Unhandled|^\s+at |could not be logged/;

export function openEars(): Ears {
  const said = new Set<string>();
  const secrets = new Set<string>();
  const broken: string[] = [];
  return {
    hear(line) {
      if (faults.test(line) && broken.length < 100) broken.push(line.slice(0, 2000));
      for (const [word] of line.matchAll(words)) if (!requestId.test(word)) said.add(word);
    },
    // Of a token, its signature is the secret.
    keep: (secret) => secrets.add(secret.split('.').at(-1) ?? secret),
    broken: () => broken,
    leaked: () => ({ found: secrets.intersection(said).size, kept: secrets.size }),
  };
}
