import type { Reason } from '../../engine/reasons.ts';
import type { Problem } from '../route.ts';

/** The problems of operations on accounts and users, and of what their accounts require. */
export const directoryReasons = {
  user_disabled: { status: 403, code: 'user_disabled', detail: 'The user or their account is disabled.' },
  role_conflict: {
    status: 400,
    code: 'role_conflict',
    detail: 'A service has the role `service` and no other. Create a service of its own.',
  },
  required_by_policy: {
    status: 409,
    code: 'required_by_policy',
    detail:
      'Your account requires this factor. Enroll another of its kind first, or ask an administrator to remove it.',
  },
  last_administrator: {
    status: 409,
    code: 'last_administrator',
    detail: 'This is the last enabled administrator of the root account. Make another one first.',
  },
  unknown_account: { status: 400, code: 'unknown_account', detail: 'The account does not exist.' },
  name_taken: { status: 409, code: 'name_taken', detail: 'The name is already taken in this account.' },
  in_use: { status: 409, code: 'in_use', detail: 'It is still in use. Remove what refers to it first.' },
  too_deep: { status: 409, code: 'too_deep', detail: 'The tree of accounts has reached its maximum depth.' },
  below_itself: { status: 409, code: 'below_itself', detail: 'An account cannot be its own descendant.' },
} satisfies Partial<Record<Reason, Problem>>;
