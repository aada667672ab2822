import type { History, Seen, Violation } from '../history.ts';
import { settled } from './facts.ts';

/** Failures that pass before waiting begins, and the waits from then on: each twice the one before, up to the longest. Seconds. */
const free = 5;
const waits = { first: 30, longest: 15 * 60 };

/** More at once than anybody sends. */
const most = 20;

/** What a reply meant for failures of one kind: it was looked at and wrong, or it may have been right and made all before forgotten. */
type Look = { readonly seen: Seen; readonly wrong: boolean };

/** I4: between two successes only as many guesses are looked at as the waits allow, whatever node and challenge they come to. */
export function tooManyLooks(life: readonly Seen[], history: History): readonly Violation[] {
  const kinds = Map.groupBy(
    life.flatMap((seen) => looksOf(seen).map((look) => ({ seen, ...look }))),
    ({ kind }) => kind,
  );
  return [...kinds].flatMap(([kind, looks]) => stretches(looks).flatMap((stretch) => tooMany(kind, stretch, history)));
}

function looksOf({
  op,
  sent,
  outcome,
  code,
  status,
}: Seen): readonly { readonly kind: string; readonly wrong: boolean }[] {
  const refused = outcome === 'refused';
  const kind = sent.proof?.kind === 'wrong' ? sent.proof.of : sent.proof?.kind;
  // A grant says one thing whatever was wrong: its password may have been right also where it was refused for its code, or told to wait with it
  // or with the message that the code would have come in.
  if (op === 'grant') {
    const second = kind === undefined || refused ? [] : [{ kind, wrong: false }];
    return [{ kind: 'password', wrong: false }, ...second];
  }
  if (status === 429) return [];
  if (op === 'login') return refused && code !== 'invalid_credentials' ? [] : [{ kind: 'password', wrong: refused }];
  if (op === 'password') return [{ kind: 'password', wrong: code === 'wrong_current_password' }];
  if ((op !== 'answer' && op !== 'verify') || kind === undefined) return [];
  if (refused) return code === 'invalid_code' ? [{ kind, wrong: true }] : [];
  return sent.proof?.kind === 'wrong' ? [] : [{ kind, wrong: false }];
}

/** The failures that no success can have come between, with a success at the end where it was one look more. */
function stretches(looks: readonly Look[]): readonly (readonly Seen[])[] {
  const resets = looks.filter(({ wrong }) => !wrong).map(({ seen }) => seen);
  const wrong = looks.filter((look) => look.wrong).map(({ seen }) => seen);
  const clear = wrong.filter(
    (seen) => !resets.some((reset) => reset.start <= seen.end && settled(reset) >= seen.start),
  );
  const groups = Map.groupBy(clear, (seen) => resets.filter((reset) => reset.start > seen.end).length);
  return [...groups.values()].map((group) => {
    const after = Math.max(...group.map(({ end }) => end));
    const [next] = resets.filter(({ start }) => start > after).toSorted((a, b) => a.start - b.start);
    const alone =
      next?.outcome === 'ok' &&
      // Who has a second factor sets a password without showing the one before.
      next.op !== 'password' &&
      resets.every((other) => other === next || other.start > next.end || settled(other) < after);
    return [...group.toSorted((a, b) => a.end - b.end), ...(next && alone ? [next] : [])];
  });
}

function tooMany(kind: string, stretch: readonly Seen[], { speed, spread }: History): readonly Violation[] {
  for (let from = 0; from < stretch.length; from += 1) {
    for (let count = free + 1; count <= most && from + count <= stretch.length; count += 1) {
      const looks = stretch.slice(from, from + count);
      const took = Math.max(...looks.map(({ end }) => end)) - Math.min(...looks.map(({ start }) => start));
      if (needed(count) * 1000 <= took * speed + spread) continue;
      const what = `${count} replies for ${kind} were looked at in ${Math.round((took * speed) / 1000)} s, which ask for ${needed(count)} s`;
      return [{ rule: 'I4 guessing is bounded', what, seen: looks }];
    }
  }
  return [];
}

/** How long so many looks take at least, by whatever clocks: each node's `now` is what the next one waits from, so the sum of the waits stands. */
function needed(count: number): number {
  let sum = 0;
  for (let failures = free; failures < count; failures += 1)
    sum += Math.min(waits.longest, waits.first * 2 ** (failures - free));
  return sum;
}
