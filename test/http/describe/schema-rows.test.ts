import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { shapesOf } from '../../../src/http/describe/schema-rows.ts';

const rowsOf = (schema: z.ZodType, io: 'input' | 'output' = 'input') =>
  shapesOf(schema, io, []).flatMap(({ rows }) =>
    rows.map(({ name, type, presence }) => `${name}: ${type}, ${presence}`),
  );

test('nested members have the names of what is around them', () => {
  const person = z.strictObject({ tall: z.boolean().optional() }).meta({ id: 'TallPerson' });
  const schema = z.strictObject({ list: z.array(person), by: z.record(z.string(), person), one: person.nullable() });
  assert.deepEqual(rowsOf(schema, 'output'), [
    'list: list of: object, always',
    'list[].tall: boolean, optional',
    'by.*.tall: boolean, optional',
    'one: object or null, always',
    'one.tall: boolean, optional',
  ]);
});

test('an object that cannot be missing, and of which nothing is known, has no row of its own', () => {
  const data = z.strictObject({ to: z.string() });
  assert.deepEqual(rowsOf(z.strictObject({ data })), ['data.to: string, required']);
  assert.deepEqual(rowsOf(z.strictObject({ data: data.describe('All of it.') }))[0], 'data: object, required');
});

test('each form of a body is told by the member that differs, and the one without it is last', () => {
  const other = z.strictObject({ token: z.string() });
  const forms = z.union([
    other,
    z.strictObject({ needed: z.literal(true) }),
    z.strictObject({ kind: z.literal('fax') }),
  ]);
  const captions = shapesOf(forms, 'input', []).map(({ caption }) => caption);
  assert.deepEqual(captions, ['When `needed` is `true`', 'When `kind` is `"fax"`', 'Otherwise']);
});

test('members of one of several nested forms say so', () => {
  const user = z.union([z.strictObject({ uid: z.uuid() }), z.strictObject({ name: z.string() })]);
  assert.deepEqual(rowsOf(z.strictObject({ user: user.optional() })), [
    'user: object, optional',
    'user.uid: UUID, in this form',
    'user.name: string, in this form',
  ]);
});

test('types say bounds, formats, values and what is taken by default', () => {
  const schema = z.strictObject({
    a: z.string().min(1).max(8),
    b: z.string().max(8),
    c: z.int().min(1).default(5),
    d: z.iso.datetime(),
    e: z.string().regex(/^[0-9a-f]{32}$/),
    f: z.string().regex(/^[0-9a-f]{32}-[0-9a-f]{32}-[0-9a-f]{32}$/),
    g: z.union([z.int(), z.string(), z.enum(['x', 'y'])]),
  });
  assert.deepEqual(
    rowsOf(schema).map((row) => row.replace(/, (?:required|optional)$/, '')),
    [
      'a: string, 1 to 8 characters',
      'b: string, at most 8 characters',
      'c: integer, at least 1, `5` by default',
      'd: date and time (RFC 3339)',
      'e: string that matches `^[0-9a-f]{32}$`',
      'f: string',
      'g: integer or string or `"x"` or `"y"`',
    ],
  );
});

test('what a schema says of a member comes before what is known of its name', () => {
  const [shape] = shapesOf(z.strictObject({ realm: z.string().describe('Its own.'), issuer: z.string() }), 'input', []);
  assert.deepEqual(
    shape?.rows.map(({ meaning }) => meaning),
    ['Its own.', 'The name that the authenticator app shows.'],
  );
});
