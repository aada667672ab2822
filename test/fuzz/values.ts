/** Values by the JSON Schemas of the OpenAPI document, right ones and ones that were tampered with. */
import fc from 'fast-check';

export type Schema = Readonly<Record<string, unknown>>;

/** Texts that have hurt somebody before. */
export const hostile = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\u202e',
    '\ud800',
    "' or 1=1 --",
    '../../etc/passwd',
    '%00',
    '${7*7}',
    '__proto__',
    'constructor',
    'null',
    'true',
    '0',
    '-1',
    '1e999',
    'NaN',
    '٣٤٥٦٧٨',
    '12 34-56',
    'me',
    'root',
    'current',
    'a'.repeat(5000),
    '😀'.repeat(300),
    'é'.normalize('NFD').repeat(200),
    '\r\nSet-Cookie: x=y',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

const strange = fc.oneof(
  hostile,
  fc.constantFrom(null, true, false, 0, -1, 5.5, 2 ** 53, -(2 ** 63), 1e308, [], {}),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Values that a schema allows, as far as its keywords are known here. `known` are values of this server, such as ids that are there. */
export function valid(schema: Schema, known: readonly unknown[], schemas: Schema): fc.Arbitrary<unknown> {
  const of = (inner: unknown) => valid(inner as Schema, known, schemas);
  const ref = schema['$ref'];
  if (typeof ref === 'string') return of(schemas[ref.slice(ref.lastIndexOf('/') + 1)]);
  const options = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined;
  if (options) return fc.oneof(...options.map(of));
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  switch (schema['type']) {
    case 'object':
      return objects(schema, of);
    case 'array':
      return fc.array(of(schema['items'] ?? {}), { minLength: numberIn(schema, 'minItems', 0), maxLength: 3 });
    case 'string':
      return texts(schema, known);
    case 'integer':
    case 'number':
      return fc.integer({
        min: numberIn(schema, 'minimum', 0),
        max: Math.min(numberIn(schema, 'maximum', 1e9), 2 ** 31),
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return strange;
  }
}

function objects(schema: Schema, of: (inner: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>);
  const requiredKeys = ((schema['required'] ?? []) as string[]).filter((name) =>
    properties.some(([own]) => own === name),
  );
  return fc.record(Object.fromEntries(properties.map(([name, inner]) => [name, of(inner)])), {
    requiredKeys,
    noNullPrototype: true,
  });
}

function texts(schema: Schema, known: readonly unknown[]): fc.Arbitrary<unknown> {
  const some = known.filter((one) => typeof one === 'string');
  const fitting = fc.string({
    minLength: Math.min(numberIn(schema, 'minLength', 0), 100),
    maxLength: Math.min(numberIn(schema, 'maxLength', 60), 100),
  });
  const form = schema['format'];
  const byForm =
    form === 'uuid'
      ? fc.uuid()
      : form === 'email'
        ? fc.emailAddress()
        : form === 'date-time'
          ? fc.constant('2026-11-21T12:00:00Z')
          : fitting;
  return some.length === 0 ? byForm : fc.oneof(fc.constantFrom(...some), byForm);
}

const numberIn = (schema: Schema, name: string, otherwise: number) =>
  typeof schema[name] === 'number' ? schema[name] : otherwise;

/** The same with something wrong: another value somewhere, a member less or more. */
export function tampered(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(value, fc.nat(), fc.constantFrom('change', 'remove', 'add', 'replace'), strange, hostile)
    .map(([right, at, how, other, name]) => {
      if (how === 'replace' || typeof right !== 'object' || right === null) return other;
      const members = Object.entries(right);
      const place = members[at % Math.max(1, members.length)]?.[0] ?? '';
      if (how === 'add') return { ...right, [name]: other };
      if (how === 'remove') return Object.fromEntries(members.filter(([own]) => own !== place));
      return { ...right, [place]: other };
    });
}
