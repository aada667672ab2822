/** Reads what servers write, and finds faults and secrets in it. */
export type LogWatcher = {
  readonly readLine: (line: string) => void;
  /** Adds a secret that no line may contain, written before or after. */
  readonly addSecret: (secret: string) => void;
  /** Lines that show a fault. */
  faults(): readonly string[];
  /** How many refusals have no row in the log of attempts. */
  unlogged(): number;
  /** How many secrets were found, of how many. */
  leaked(): { readonly found: number; readonly known: number };
};

/** Words that are long enough for a secret. Request ids are in every line and are no secrets. */
const words = /[A-Za-z0-9_-]{12,}/g;
const requestId = /^[0-9a-f]{32}$/;

/** A 500, or what Node writes when a process ends with an error. */
const faultPattern = /"status":"500"|Unhandled|^\s+at /;

/** While the database is down a refusal has no row in the log: that is by design, and counted. */
const unlogged = 'audit event not written';

export function openLogWatcher(): LogWatcher {
  const logged = new Set<string>();
  const secrets = new Set<string>();
  const faults: string[] = [];
  let refusals = 0;
  return {
    readLine(line) {
      if (faultPattern.test(line) && faults.length < 100) faults.push(line.slice(0, 2000));
      if (line.includes(unlogged)) refusals += 1;
      for (const [word] of line.matchAll(words)) if (!requestId.test(word)) logged.add(word);
    },
    // Of a token, its signature is the secret.
    addSecret: (secret) => secrets.add(secret.split('.').at(-1) ?? secret),
    faults: () => faults,
    unlogged: () => refusals,
    leaked: () => ({ found: secrets.intersection(logged).size, known: secrets.size }),
  };
}
