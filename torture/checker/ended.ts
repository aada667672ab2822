import type { History, Observation, Violation } from '../history.ts';
import { sessionStartsIn, changesIn, isChange, did, isBefore, settled, removes } from './facts.ts';

const rule = 'ended credentials are refused';

/** A session, challenge, code or app that a request used: when it began, and which operations end it. */
type UsedCredential = {
  readonly what: string;
  readonly began: Observation;
  readonly ends: (one: Observation) => boolean;
};

/** Sessions, challenges, codes and authenticators that ended on one node are refused on every node. */
export function usedAfterEnd(timeline: readonly Observation[], history: History): readonly Violation[] {
  const [sessionStarts, changes] = [sessionStartsIn(timeline), changesIn(timeline)];
  const issued = new Map(timeline.map((seen) => [seen.received.refresh, seen]));
  const challenges = new Map(timeline.map((seen) => [seen.received.challenge, seen]));
  const made = new Map(timeline.flatMap((seen) => (seen.received.codes ?? []).map((code) => [code, seen] as const)));
  const enrolled = new Map(
    timeline.filter((seen) => seen.op === 'confirm' && did(seen)).map((seen) => [seen.sent.app, seen]),
  );

  function usedIn({ sent }: Observation): readonly UsedCredential[] {
    const { session, refresh, challenge, proof } = sent;
    const refreshed = refresh === undefined ? undefined : issued.get(refresh);
    const through = session ?? refreshed?.received.session;
    const { generation = 0 } = refreshed?.received ?? sent;
    const [sessionStart, opened] = [sessionStarts.get(through ?? ''), challenges.get(challenge)];
    const code = proof?.kind === 'recovery' ? made.get(proof.code) : undefined;
    const app = proof?.kind === 'totp' ? enrolled.get(proof.app) : undefined;
    const isOther = (one: Observation) => changes.includes(one) && one.sent.session !== through;
    const isLater = ({ sent: by }: Observation) => by.session === through && (by.generation ?? 0) > generation;
    return [
      ...(refreshed
        ? [
            {
              what: 'a refresh token',
              began: refreshed,
              // A step-up ends the earlier ones of its session.
              ends: ({ op, sent: by, received }: Observation) =>
                op === 'verify' && by.session === through && (received.generation ?? 0) > generation,
            },
          ]
        : []),
      ...(sessionStart
        ? [
            {
              what: 'a session',
              began: sessionStart,
              // An enrollment leaves earlier generations of its session, other changes do not.
              ends: (one: Observation) =>
                isOther(one) || one.sent.ends === through || (isChange(one) && one.op !== 'confirm' && isLater(one)),
            },
          ]
        : []),
      ...(opened ? [{ what: 'a challenge', began: opened, ends: (one: Observation) => changes.includes(one) }] : []),
      ...(code
        ? [{ what: 'a recovery code', began: code, ends: ({ op }: Observation) => op === 'renew' || op === 'off' }]
        : []),
      ...(app ? [{ what: 'an app', began: app, ends: (one: Observation) => removes(one, app.sent.app) }] : []),
    ];
  }

  const ends = timeline.filter(
    (seen) => did(seen) && (changes.includes(seen) || seen.op === 'end' || seen.op === 'verify'),
  );
  const accepted = timeline.filter(did).flatMap((seen) =>
    usedIn(seen).flatMap(({ what, began, ends: isEnd }) => {
      const end = ends.find((one) => isEnd(one) && isBefore(began, one) && isBefore(one, seen));
      return end ? [{ rule, what: `${what} was accepted after its end`, seen: [began, end, seen] }] : [];
    }),
  );
  return [...accepted, ...listedAfterEnd(timeline, ends), ...sessionsAfterReuse(timeline, sessionStarts, history)];
}

/** A removed authenticator is no longer listed. */
function listedAfterEnd(timeline: readonly Observation[], ends: readonly Observation[]): readonly Violation[] {
  const removals = ends.filter(({ op }) => op === 'remove');
  return timeline.filter(did).flatMap((seen) => {
    const back = removals.find((one) => isBefore(one, seen) && seen.received.apps?.includes(one.sent.app ?? ''));
    return back ? [{ rule, what: 'a removed authenticator is listed again', seen: [back, seen] }] : [];
  });
}

/** Two uses of a refresh token within these milliseconds count as one client's retry, and end nothing. */
const retryWindow = 10_000;

/** Reuse of a refresh token ends its session. */
function sessionsAfterReuse(
  timeline: readonly Observation[],
  sessionStarts: ReadonlyMap<string, Observation>,
  { speed, maxSkew }: History,
): readonly Violation[] {
  const refreshes = timeline.filter(({ op }) => op === 'refresh');
  return refreshes.filter(did).flatMap((first) => {
    const { session = '' } = first.received;
    const again = refreshes.find(
      (one) =>
        one.outcome === 'refused' &&
        one.sent.refresh === first.sent.refresh &&
        (one.start - settled(first)) * speed > retryWindow + maxSkew,
    );
    if (!again || !sessionStarts.has(session)) return [];
    const after = timeline.find((one) => did(one) && one.sent.session === session && isBefore(again, one));
    return after
      ? [{ rule, what: 'a session is valid after one of its refresh tokens was reused', seen: [first, again, after] }]
      : [];
  });
}
