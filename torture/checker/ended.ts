import type { History, Seen, Violation } from '../history.ts';
import { birthsIn, changesIn, did, isBefore, settled, takes } from './facts.ts';

const rule = 'what is over is over';

/** What ended after it had begun, and was taken after it had ended. */
type Over = { readonly what: string; readonly began: Seen; readonly ends: (one: Seen) => boolean };

/** Sessions, challenges, codes and authenticators that were ended, on whatever node, open nothing on any other. */
export function takenAfterItsEnd(life: readonly Seen[], history: History): readonly Violation[] {
  const [births, changes] = [birthsIn(life), changesIn(life)];
  const families = new Map(life.map((seen) => [seen.got.refresh, seen.got.session]));
  const questions = new Map(life.map((seen) => [seen.got.challenge, seen]));
  const made = new Map(life.flatMap((seen) => (seen.got.codes ?? []).map((code) => [code, seen] as const)));
  const enrolled = new Map(
    life.filter((seen) => seen.op === 'confirm' && did(seen)).map((seen) => [seen.sent.app, seen]),
  );

  function usedIn({ sent: { session, refresh, challenge, proof } }: Seen): readonly Over[] {
    const through = session ?? families.get(refresh);
    const [birth, question] = [births.get(through ?? ''), questions.get(challenge)];
    const code = proof?.kind === 'recovery' ? made.get(proof.code) : undefined;
    const app = proof?.kind === 'totp' ? enrolled.get(proof.app) : undefined;
    const isOther = (one: Seen) => changes.includes(one) && one.sent.session !== through;
    return [
      ...(birth
        ? [{ what: 'a session', began: birth, ends: (one: Seen) => isOther(one) || one.sent.ends === through }]
        : []),
      ...(question ? [{ what: 'a challenge', began: question, ends: (one: Seen) => changes.includes(one) }] : []),
      ...(code
        ? [{ what: 'a recovery code', began: code, ends: ({ op }: Seen) => op === 'renew' || op === 'off' }]
        : []),
      ...(app ? [{ what: 'an app', began: app, ends: (one: Seen) => takes(one, app.sent.app) }] : []),
    ];
  }

  const ends = life.filter((seen) => did(seen) && (changes.includes(seen) || seen.op === 'end'));
  const taken = life.filter(did).flatMap((seen) =>
    usedIn(seen).flatMap(({ what, began, ends: isEnd }) => {
      const end = ends.find((one) => isEnd(one) && isBefore(began, one) && isBefore(one, seen));
      return end ? [{ rule, what: `${what} was taken after its end`, seen: [began, end, seen] }] : [];
    }),
  );
  return [...taken, ...shownAfterItsEnd(life, ends), ...familiesGoingOn(life, births, history)];
}

/** An authenticator that was removed is no more among those that its user has. */
function shownAfterItsEnd(life: readonly Seen[], ends: readonly Seen[]): readonly Violation[] {
  const removals = ends.filter(({ op }) => op === 'remove');
  return life.filter(did).flatMap((seen) => {
    const back = removals.find((one) => isBefore(one, seen) && seen.got.apps?.includes(one.sent.app ?? ''));
    return back ? [{ rule, what: 'an authenticator that was removed is there again', seen: [back, seen] }] : [];
  });
}

/** Two uses of a refresh token this close to each other are one client's, and end nothing. */
const raceLife = 10_000;

/** A refresh token that comes back ends its session. */
function familiesGoingOn(
  life: readonly Seen[],
  births: ReadonlyMap<string, Seen>,
  { speed, spread }: History,
): readonly Violation[] {
  const refreshes = life.filter(({ op }) => op === 'refresh');
  return refreshes.filter(did).flatMap((first) => {
    const { session = '' } = first.got;
    const again = refreshes.find(
      (one) =>
        one.outcome === 'refused' &&
        one.sent.refresh === first.sent.refresh &&
        (one.start - settled(first)) * speed > raceLife + spread,
    );
    if (!again || !births.has(session)) return [];
    const after = life.find((one) => did(one) && one.sent.session === session && isBefore(again, one));
    return after
      ? [{ rule, what: 'a session went on after one of its refresh tokens had come back', seen: [first, again, after] }]
      : [];
  });
}
