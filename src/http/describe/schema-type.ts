import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A schema as JSON Schema, with every reference replaced by its definition. No schema refers to itself. */
export function inlined(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $defs = {}, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  const definitions = $defs as Readonly<Record<string, JsonSchema>>;
  const inline = (value: unknown): JsonSchema =>
    JSON.parse(JSON.stringify(value), (_key, inner: unknown) => {
      const id = (inner as JsonSchema | null)?.$ref?.replace('#/$defs/', '');
      return id === undefined ? inner : inline({ ...definitions[id], id });
    }) as JsonSchema;
  return inline(root);
}

/** Names of formats for readers. Their patterns are for programs and are in the OpenAPI document. */
const formats: Readonly<Record<string, string>> = {
  'date-time': 'date and time (RFC 3339)',
  e164: 'phone number (E.164)',
  email: 'e-mail address',
  uuid: 'UUID',
};

/** A longer pattern does not help a reader. */
const longestPattern = 24;

/** The values that a schema allows, in a few words; code is between backticks. */
export function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return inCode(schema.const);
  if (schema.enum) return schema.enum.map(inCode).join(' or ');
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms) return [...new Set(forms.flatMap((form) => typeOf(form).split(' or ')))].join(' or ');
  if (schema.items) return `list of: ${typeOf(schema.items as JsonSchema)}`;
  const { type = 'any value', minimum, maximum, default: value } = schema;
  const word = type === 'string' ? textType(schema) : `${String(type)}${between(minimum, maximum)}`;
  return value === undefined || value === '' ? word : `${word}, ${inCode(value)} by default`;
}

function textType({ format, pattern, minLength, maxLength }: JsonSchema): string {
  if (format !== undefined) return formats[format] ?? format;
  if (pattern !== undefined && pattern.length <= longestPattern) return `string that matches \`${pattern}\``;
  const range = between(minLength, maxLength);
  return range === '' ? 'string' : `string${range} characters`;
}

const inCode = (value: unknown) => `\`${JSON.stringify(value)}\``;

function between(least: number | undefined, most: number | undefined): string {
  const hasMaximum = most !== undefined && most < Number.MAX_SAFE_INTEGER;
  if (least !== undefined && least > 0) return hasMaximum ? `, ${least} to ${most}` : `, at least ${least}`;
  return hasMaximum ? `, at most ${most}` : '';
}
