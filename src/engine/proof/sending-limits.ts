import { hour } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { CodeMessage } from '../../factors/factor.ts';
import { claimShares, type SendClaim, type Share } from '../../store/sends.ts';
import { inTransaction, type Store } from '../../store/store.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/** How many messages one user may have sent to unconfirmed destinations, and how many of them to the same one. */
const perHour = 5;
const perDay = 10;
const perDestination = 3;

/** How many notices one address gets in a day. */
const noticesPerDay = 20;

export type EnrollmentMessage = {
  readonly user: Pick<User, 'id' | 'accountId'>;
  /** The network that the request came from; undefined where it is not counted. */
  readonly network: string | undefined;
  readonly message: CodeMessage;
};

/** Claims what a code for a confirmed authenticator takes: one message to its destination. No enrollment draws on it. */
export async function claimLoginCode(
  { store, settings, now }: RequestContext,
  message: CodeMessage,
): Promise<Outcome<undefined, Reason>> {
  const names = namesOf(store, message);
  const { every, perDay: most } = settings.sending;
  return outcomeOf(await claimShares(store, [{ names, every, most }], now));
}

/**
 * Claims what the code of an enrollment takes: of its user, destination, client address and account. A refusal takes nothing from any of
 * them. The account's row comes last, because most enrollments wait for each other there.
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
    // So nobody who enrolls somebody else's destination keeps its owner from doing so.
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

/** Claims what a notice takes: one of twenty a day for its address. */
export async function claimNoticeShare(store: Store, to: string, now: number): Promise<SendClaim> {
  const names = namesOf(store, { channel: 'email', to }).map((name) => `notice.${name}`);
  return claimShares(store, [{ names, every: 0, most: noticesPerDay }], now);
}

/** The last one is that of the user at the destination. */
const sharesOfUser = (userId: string, destination: readonly string[]): readonly [Share, ...Share[]] => [
  { names: [`enrollment.hour:${userId}`], every: 0, most: perHour, within: hour },
  { names: [`enrollment.day:${userId}`], every: 0, most: perDay },
  { names: destination.map((name) => `${name}:${userId}`), every: 0, most: perDestination },
];

/** A destination under every key of the ring: a key that rotates gives nobody a second share. */
function namesOf({ safe }: Store, { channel, to }: Pick<CodeMessage, 'channel' | 'to'>): readonly string[] {
  return safe.macs('destination', to.toLowerCase()).map((hash) => `${channel}:${hash}`);
}

const outcomeOf = (claim: SendClaim): Outcome<undefined, Reason> =>
  claim.ok ? success(undefined) : refuse('send_limited', claim.retryAfter);
