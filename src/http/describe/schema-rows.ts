import type { z } from 'zod';
import { meaningOf } from './meanings.ts';
import { inlined, typeOf, type JsonSchema } from './schema-type.ts';

/** A row of a table: a member of a body, or a parameter. Nested members have dotted names: `data.user.name`, `factors[].id`. */
export type MemberRow = {
  readonly name: string;
  readonly type: string;
  readonly presence: 'required' | 'always' | 'optional' | 'in this form';
  readonly meaning: string;
};

/** One form of a body: a table of its members, or its type where it has none. */
export type Shape = { readonly caption: string; readonly type: string; readonly rows: readonly MemberRow[] };

/** Members of Crossbar's envelope. The page explains them once for all operations. */
const aroundData = new Set(['auth_token', 'node', 'request_id', 'revision', 'status', 'timestamp', 'version']);

/** The forms that a body may have. `places` select the meanings of its members: see `meanings.ts`. */
export function shapesOf(schema: z.ZodType, io: 'input' | 'output', places: readonly string[]): readonly Shape[] {
  const whole = inlined(schema, io);
  const forms = formsOf(whole);
  const rows = (form: JsonSchema) =>
    rowsBelow(form, { path: '', always: io === 'input' ? 'required' : 'always', places });
  if (forms.length === 0) return [{ caption: '', type: typeOf(whole), rows: rows(whole) }];
  const shapes = forms.map((form) => ({ caption: captionOf(form), type: typeOf(form), rows: rows(form) }));
  return shapes.toSorted((one, other) => Number(one.caption === otherwise) - Number(other.caption === otherwise));
}

const formsOf = ({ anyOf = [], oneOf = [] }: JsonSchema) => [...anyOf, ...oneOf];

const otherwise = 'Otherwise';

/** A form differs from the others by the member with a single value. */
function captionOf({ properties = {} }: JsonSchema): string {
  const [found] = Object.entries(properties as Properties).filter(([, member]) => member.const !== undefined);
  return found ? `When \`${found[0]}\` is \`${JSON.stringify(found[1].const)}\`` : otherwise;
}

type Properties = Readonly<Record<string, JsonSchema>>;

/** The place where members are found, and the word for members that are always present. */
type RowPlace = { readonly path: string; readonly always: 'required' | 'always'; readonly places: readonly string[] };

function rowsBelow(schema: JsonSchema, place: RowPlace): readonly MemberRow[] {
  const { path } = place;
  const forms = formsOf(schema).filter(({ type }) => type !== 'null');
  const rows = forms.flatMap((form) => rowsBelow(form, place));
  if (forms.length > 1) return rows.map((row) => ({ ...row, presence: 'in this form' }));
  if (forms.length === 1) return rows;
  if (schema.items) return rowsBelow(schema.items as JsonSchema, { ...place, path: `${path}[]` });
  const { additionalProperties: others } = schema;
  if (typeof others === 'object') return rowsBelow(others, { ...place, path: `${path}.*` });
  return rowsOfMembers(schema, place);
}

function rowsOfMembers(schema: JsonSchema, place: RowPlace): readonly MemberRow[] {
  const { path, always, places } = place;
  const { id = '', properties = {}, required = [] } = schema;
  const around = path.split('.').at(-1) ?? '';
  const isEnvelope = path === '' && 'data' in properties && 'node' in properties;
  return Object.entries(properties as Properties)
    .filter(([name]) => !isEnvelope || !aroundData.has(name))
    .flatMap(([name, member]) => {
      const inner = path === '' ? name : `${path}.${name}`;
      const meaning = member.description ?? meaningOf([id, around, ...places], name);
      const presence = required.includes(name) ? always : 'optional';
      const row = { name: inner, type: typeOf(member), presence, meaning } as const;
      const rows = rowsBelow(member, { ...place, path: inner });
      const saysNothing = presence !== 'optional' && row.type === 'object' && meaning === '' && rows.length > 0;
      return saysNothing ? rows : [row, ...rows];
    });
}
