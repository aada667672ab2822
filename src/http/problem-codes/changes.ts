import type { ProblemMeanings } from './problem-code.ts';

export const changes = {
  unknown_account: {
    statuses: [400],
    when: 'The request names an account that does not exist.',
    action: 'Send the id or the name of an account, or leave `account` out.',
  },
  name_taken: {
    statuses: [409],
    when: 'Another user, account or object already has the name.',
    action: 'Choose another name.',
  },
  conflict: {
    statuses: [409],
    when: 'Another request changed the object at the same time.',
    action: 'Read the object again, and repeat the change.',
  },
  weaker_than_inherited: {
    statuses: [400],
    when: 'A security configuration would loosen what an account above requires. `errors`, or `data` in `/v2`, names the member.',
    action: 'Leave the member out, or change the rule at the account that requires it.',
  },
  not_supported: {
    statuses: [400],
    when: 'The request sets a rule that this version does not enforce.',
    action: 'Leave the member out.',
  },
  in_use: {
    statuses: [409],
    when: 'Other objects refer to the object that would be removed.',
    action: 'Remove these other objects first.',
  },
  role_conflict: {
    statuses: [400],
    when: 'A user would have the role `service` together with another.',
    action: 'Leave one of them out. `countersign service add` makes a service.',
  },
  last_administrator: {
    statuses: [409],
    when: 'The last enabled administrator of the root account would be removed, disabled or demoted.',
    action: 'Make another administrator of the root account first.',
  },
  too_deep: {
    statuses: [409],
    when: 'The tree of accounts would become deeper than the limit.',
    action: 'Choose a higher parent account.',
  },
  below_itself: {
    statuses: [409],
    when: 'The new parent of an account is the account itself, or one of its descendants.',
    action: 'Choose another parent account.',
  },
  revision_mismatch: {
    statuses: [412],
    when: '`If-Match` names a revision that is not the current one.',
    action: 'Read the object again, and repeat the change with its current revision.',
  },
} as const satisfies ProblemMeanings;
