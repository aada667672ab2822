import type { History, Observation, Violation } from '../history.ts';
import { sessionStartsIn, changesIn, did, isBefore, settled, removes } from './facts.ts';

const rule = 'ended credentials are refused';

/** A session, challenge, code or app that a request used: when it began, and which operations end it. */
type UsedCredential = {
  readonly what: string;
  readonly began: Observation;
  readonly ends: (one: Observation) => boolean;
};

/** Sessions, challenges, codes and authenticators that ended on one node are refused on every node. */
export function usedAfterEnd(timeline: readonly Observation[], history: History): readonly Violation[] {
  const credentials = credentialsIn(timeline);
  const ends = timeline.filter(
    (seen) => did(seen) && (credentials.changes.includes(seen) || seen.op === 'end' || seen.op === 'verify'),
  );
  const accepted = timeline.filter(did).flatMap((seen) =>
    [...sessionUsed(seen, credentials), ...codesUsed(seen, credentials)].flatMap(({ what, began, ends: isEnd }) => {
      const end = ends.find((one) => isEnd(one) && isBefore(began, one) && isBefore(one, seen));
      return end ? [{ rule, what: `${what} was accepted after its end`, seen: [began, end, seen] }] : [];
    }),
  );
  const { sessionStarts } = credentials;
  return [...accepted, ...listedAfterEnd(timeline, ends), ...sessionsAfterReuse(timeline, sessionStarts, history)];
}

type Credentials = ReturnType<typeof credentialsIn>;

/** A person's changes, and the answers that gave them each credential. */
const credentialsIn = (timeline: readonly Observation[]) => ({
  changes: changesIn(timeline),
  sessionStarts: sessionStartsIn(timeline),
  refreshTokens: new Map(timeline.map((seen) => [seen.received.refresh, seen])),
  challenges: new Map(timeline.map((seen) => [seen.received.challenge, seen])),
  codes: new Map(timeline.flatMap((seen) => (seen.received.codes ?? []).map((code) => [code, seen] as const))),
  apps: new Map(timeline.filter((seen) => seen.op === 'confirm' && did(seen)).map((seen) => [seen.sent.app, seen])),
});

/** The session that a request used, by an access token or a refresh token of one of its generations. */
function sessionUsed(
  { sent }: Observation,
  { changes, sessionStarts, refreshTokens }: Credentials,
): readonly UsedCredential[] {
  const refreshed = sent.refresh === undefined ? undefined : refreshTokens.get(sent.refresh);
  const session = sent.session ?? refreshed?.received.session;
  const { generation = 0 } = refreshed?.received ?? sent;
  const sessionStart = sessionStarts.get(session ?? '');
  const isLater = (of: { readonly generation?: number }) => (of.generation ?? 0) > generation;
  const endsSession = (one: Observation): boolean => {
    if (one.sent.ends === session) return true;
    if (!changes.includes(one)) return false;
    // An enrollment leaves earlier generations of its session, other changes do not.
    return one.sent.session !== session || (one.op !== 'confirm' && isLater(one.sent));
  };
  // A step-up ends the earlier refresh tokens of its session.
  const endsRefreshToken = (one: Observation) =>
    one.op === 'verify' && one.sent.session === session && isLater(one.received);
  return [
    ...(sessionStart ? [{ what: 'a session', began: sessionStart, ends: endsSession }] : []),
    ...(refreshed ? [{ what: 'a refresh token', began: refreshed, ends: endsRefreshToken }] : []),
  ];
}

/** The challenge, the recovery code and the app that a request used. */
function codesUsed(
  { sent: { challenge, proof } }: Observation,
  { changes, challenges, codes, apps }: Credentials,
): readonly UsedCredential[] {
  const opened = challenges.get(challenge);
  const code = proof?.kind === 'recovery' ? codes.get(proof.code) : undefined;
  const app = proof?.kind === 'totp' ? apps.get(proof.app) : undefined;
  return [
    ...(opened ? [{ what: 'a challenge', began: opened, ends: (one: Observation) => changes.includes(one) }] : []),
    ...(code
      ? [{ what: 'a recovery code', began: code, ends: ({ op }: Observation) => op === 'renew' || op === 'off' }]
      : []),
    ...(app ? [{ what: 'an app', began: app, ends: (one: Observation) => removes(one, app.sent.app) }] : []),
  ];
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
