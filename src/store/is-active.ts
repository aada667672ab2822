import { sql, type ExpressionBuilder } from 'kysely';
import type { Tables } from './tables.ts';

/** The condition that a user, their account and all accounts above it are enabled. Otherwise no credential is valid. */
export const isActive = (where: ExpressionBuilder<Tables, 'users'>) =>
  where.and([where('users.enabled', '=', sql.lit(1)), where.not(where.exists(disabledAbove(where)))]);

/** The same as a column, 1 or 0. */
export const activeColumn = (where: ExpressionBuilder<Tables, 'users'>) =>
  where.case().when(isActive(where)).then(sql.lit(1)).else(sql.lit(0)).end().as('active');

const disabledAbove = (where: ExpressionBuilder<Tables, 'users'>) =>
  where
    .selectFrom('account_ancestors as above')
    .innerJoin('accounts as ancestor', 'ancestor.id', 'above.ancestor_id')
    .select('ancestor.id')
    .whereRef('above.account_id', '=', 'users.account_id')
    .where('ancestor.enabled', '=', sql.lit(0));
