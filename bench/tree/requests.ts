import { day } from '../../src/base/clock.ts';
import { gregorian } from '../../src/http/doors/crossbar/shapes.ts';
import { logIn, read, type TreeHouse } from './tree-server.ts';
import { people } from './seed.ts';

/** One that is measured: what there is to do, prepared for a house, so that nothing but the request is timed. */
export type Request = {
  readonly name: string;
  readonly prepare: (house: TreeHouse) => Promise<() => Promise<unknown>>;
};

/** What a page holds. Both trees have as many for each of them, or the pages could not be compared. */
const pageSize = 20;
/** Fewer accounts: the small tree has nine below its root. */
const accountsPage = 4;

/** What an administrator looks up. */
export const lookups: readonly Request[] = [
  {
    name: 'explain what a user is asked for',
    prepare: async (house) => () =>
      read(house, `accounts/${house.tree.account}/security/explain?user=${people.cheap}&auth_module=user_auth`),
  },
  { name: 'attempts: the first page', prepare: async (house) => page(house, '') },
  {
    name: 'attempts: a page from the middle',
    prepare: async (house) => {
      const half = await read(house, attempts(house, `created_to=${ago(house, 182)}`));
      const [{ id } = { id: '' }] = half['data'] as readonly { readonly id: string }[];
      return page(house, `start_key=${id}&`);
    },
  },
  { name: 'attempts: of one user', prepare: async (house) => page(house, `owner_id=${house.tree.owner}&`) },
  { name: 'attempts: those that failed', prepare: async (house) => page(house, 'debug_type=failed&') },
  {
    name: 'attempts: of a past month',
    prepare: async (house) => page(house, `created_from=${ago(house, 212)}&created_to=${ago(house, 182)}&`),
  },
  {
    name: 'attempts: second factors, where few use one',
    prepare: async (house) => pageOf(house, `accounts/${house.tree.plain}/multi_factor/attempts?`),
  },
  {
    name: 'attempts: those that failed, where few do',
    prepare: async (house) => pageOf(house, `accounts/${house.tree.plain}/security/attempts?debug_type=failed&`),
  },
  { name: 'descendants: the first page', prepare: async (house) => () => descendants(house) },
  {
    name: 'descendants: a page from the middle',
    prepare: async (house) => () => descendants(house, house.tree.middle),
  },
];

export const logins: readonly Request[] = [
  { name: 'login with a code, cheap hash', prepare: async (house) => () => logIn(house, 'cheap') },
  { name: 'login with a code, argon2id', prepare: async (house) => () => logIn(house, 'real') },
];

const attempts = ({ tree }: TreeHouse, filter: string) => `accounts/${tree.account}/multi_factor/attempts?${filter}`;

const ago = ({ clock }: TreeHouse, days: number) => gregorian(clock.now() - days * day);

function pageOf(house: TreeHouse, path: string): () => Promise<void> {
  return async () => full(await read(house, `${path}page_size=${pageSize}`), pageSize);
}

const page = (house: TreeHouse, filter: string) => pageOf(house, attempts(house, filter));

async function descendants(house: TreeHouse, after?: string): Promise<void> {
  const start = after === undefined ? '' : `&start_key=${after}`;
  full(await read(house, `accounts/root/descendants?page_size=${accountsPage}${start}`), accountsPage);
}

function full(answer: Readonly<Record<string, unknown>>, size: number): void {
  const { length } = answer['data'] as readonly unknown[];
  if (length !== size) throw new Error(`a page holds ${length} and not ${size}`);
}
