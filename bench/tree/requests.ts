import { day } from '../../src/base/clock.ts';
import { gregorian } from '../../src/http/doors/crossbar/shapes.ts';
import { logIn, read, type TreeServer } from './tree-server.ts';
import { people } from './seed.ts';

/** A measured request, prepared for a tree, so that only the request is timed. */
export type Request = {
  readonly name: string;
  readonly prepare: (countersign: TreeServer) => Promise<() => Promise<unknown>>;
};

/** Entries on a page. Both trees have enough to fill each page, so that pages can be compared. */
const pageSize = 20;
/** Fewer accounts: the small tree has nine below its root. */
const accountsPage = 4;

/** Requests of an administrator. */
export const lookups: readonly Request[] = [
  {
    name: 'explain what a user is asked for',
    prepare: async (countersign) => () =>
      read(
        countersign,
        `accounts/${countersign.tree.account}/security/explain?user=${people.cheap}&auth_module=user_auth`,
      ),
  },
  { name: 'attempts: the first page', prepare: async (countersign) => page(countersign, '') },
  {
    name: 'attempts: a page from the middle',
    prepare: async (countersign) => {
      const half = await read(countersign, attempts(countersign, `created_to=${ago(countersign, 182)}`));
      const [{ id } = { id: '' }] = half['data'] as readonly { readonly id: string }[];
      return page(countersign, `start_key=${id}&`);
    },
  },
  {
    name: 'attempts: of one user',
    prepare: async (countersign) => page(countersign, `owner_id=${countersign.tree.owner}&`),
  },
  { name: 'attempts: those that failed', prepare: async (countersign) => page(countersign, 'debug_type=failed&') },
  {
    name: 'attempts: of a past month',
    prepare: async (countersign) =>
      page(countersign, `created_from=${ago(countersign, 212)}&created_to=${ago(countersign, 182)}&`),
  },
  {
    name: 'attempts: second factors, where few use one',
    prepare: async (countersign) => pageOf(countersign, `accounts/${countersign.tree.plain}/multi_factor/attempts?`),
  },
  {
    name: 'attempts: those that failed, where few do',
    prepare: async (countersign) =>
      pageOf(countersign, `accounts/${countersign.tree.plain}/security/attempts?debug_type=failed&`),
  },
  { name: 'descendants: the first page', prepare: async (countersign) => () => descendants(countersign) },
  {
    name: 'descendants: a page from the middle',
    prepare: async (countersign) => () => descendants(countersign, countersign.tree.middle),
  },
];

export const logins: readonly Request[] = [
  { name: 'login with a code, cheap hash', prepare: async (countersign) => () => logIn(countersign, 'cheap') },
  { name: 'login with a code, argon2id', prepare: async (countersign) => () => logIn(countersign, 'real') },
];

const attempts = ({ tree }: TreeServer, filter: string) => `accounts/${tree.account}/multi_factor/attempts?${filter}`;

const ago = ({ clock }: TreeServer, days: number) => gregorian(clock.now() - days * day);

function pageOf(countersign: TreeServer, path: string): () => Promise<void> {
  return async () => full(await read(countersign, `${path}page_size=${pageSize}`), pageSize);
}

const page = (countersign: TreeServer, filter: string) => pageOf(countersign, attempts(countersign, filter));

async function descendants(countersign: TreeServer, after?: string): Promise<void> {
  const start = after === undefined ? '' : `&start_key=${after}`;
  full(await read(countersign, `accounts/root/descendants?page_size=${accountsPage}${start}`), accountsPage);
}

function full(answer: Readonly<Record<string, unknown>>, size: number): void {
  const { length } = answer['data'] as readonly unknown[];
  if (length !== size) throw new Error(`a page holds ${length} and not ${size}`);
}
