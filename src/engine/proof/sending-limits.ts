import { hour } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { CodeMessage } from '../../factors/factor.ts';
import { claimShares, type SendClaim, type Share } from '../../store/sends.ts';
import { inTransaction, type Store } from '../../store/store.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/** The limits on a user's enrollment codes: per hour, per day, and per day to the same destination. */
const perHour = 5;
const perDay = 10;
const perDestination = 3;

/** The limit on notices to one address per day. */
const noticesPerDay = 20;

export type EnrollmentMessage = {
  readonly user: Pick<User, 'id' | 'accountId'>;
  /** The client's network; undefined if it is not counted. */
  readonly network: string | undefined;
  readonly message: CodeMessage;
};

/** Counts a login code against the limit of its destination. Enrollments have a separate limit. */
export async function claimLoginCode(
  { store, settings, now }: RequestContext,
  message: CodeMessage,
): Promise<Outcome<undefined, Reason>> {
  const names = namesOf(store, message);
  const { every, perDay: most } = settings.sending;
  return outcomeOf(await claimShares(store, [{ names, every, most }], now));
}

/**
 * Counts an enrollment code against the limits of its user, destination, client address and account, all or none. The
 * account's counter comes last, because its row is locked by the most enrollments.
 */
export async function claimEnrollmentCode(
  { store, settings, now }: RequestContext,
  { user, network, message }: EnrollmentMessage,
): Promise<Outcome<undefined, Reason>> {
  const { sending } = settings;
  const names = namesOf(store, message).map((name) => `enrollment.${name}`);
  const networks = network === undefined ? [] : store.safe.macs('client address', network);
  return inTransaction(store, async (tx) => {
    const own = await claimShares(tx, sharesOfUser(user.id, names), now);
    if (!own.ok) return outcomeOf(own);
    // The first message of a user to a destination has twice the limit: enrollments by others cannot block the owner.
    const most = own.count === 1 ? 2 * sending.perDay : sending.perDay;
    const shared: Share[] = [];
    if (networks.length > 0 && sending.enrollmentsPerAddress > 0) {
      const hashes = networks.map((hash) => `enrollment.address:${hash}`);
      shared.push({ names: hashes, every: 0, most: sending.enrollmentsPerAddress });
    }
    if (sending.enrollmentsPerAccount > 0) {
      const account = [`enrollment.account:${user.accountId}`];
      shared.push({ names: account, every: 0, most: sending.enrollmentsPerAccount });
    }
    return outcomeOf(await claimShares(tx, [{ names, every: sending.every, most }, ...shared], now));
  });
}

/** Counts a notice against the limit of its address. */
export async function claimNoticeShare(store: Store, to: string, now: number): Promise<SendClaim> {
  const names = namesOf(store, { channel: 'email', to }).map((name) => `notice.${name}`);
  return claimShares(store, [{ names, every: 0, most: noticesPerDay }], now);
}

/** The shares of a user. The last one counts the user's messages to the destination. */
const sharesOfUser = (userId: string, destination: readonly string[]): readonly [Share, ...Share[]] => [
  { names: [`enrollment.hour:${userId}`], every: 0, most: perHour, within: hour },
  { names: [`enrollment.day:${userId}`], every: 0, most: perDay },
  { names: destination.map((name) => `${name}:${userId}`), every: 0, most: perDestination },
];

/**
 * The names of a destination's counter, one for each key of the ring, so that a key rotation does not reset the count.
 */
function namesOf({ safe }: Store, { channel, to }: Pick<CodeMessage, 'channel' | 'to'>): readonly string[] {
  return safe.macs('destination', to.toLowerCase()).map((hash) => `${channel}:${hash}`);
}

const outcomeOf = (claim: SendClaim): Outcome<undefined, Reason> =>
  claim.ok ? success(undefined) : refuse('send_limited', claim.retryAfter);
