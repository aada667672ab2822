import { z } from 'zod';
import { otherTypes } from '../src/http/doors/challenges/external-shapes.ts';
import { inputMembers } from '../src/http/doors/shared/factor-members.ts';

export const clientFactorsFile = 'src/client/other-factors.ts';

/** The client's types of the factors that it does not name itself, from their enrollments' schemas. */
export function clientFactors(): string {
  const members = otherTypes.map((kind) => {
    const schema = z.toJSONSchema(z.strictObject(inputMembers(kind)), { io: 'input', unrepresentable: 'any' });
    return `  readonly ${kind}: ${typeOf(schema)};\n`;
  });
  const body = members.length === 0 ? '{}' : `{\n${members.join('')}}`;
  return `/** Written by \`npm run docs\`: what the factors take that have no type of their own here. */\nexport type OtherFactors = ${body};\n`;
}

type Schema = z.core.JSONSchema._JSONSchema;

/** A type that includes every valid input: the server checks the rest. */
function typeOf(schema: Schema): string {
  if (typeof schema === 'boolean') return 'unknown';
  const { type, properties, required = [] } = schema;
  if (type === 'integer') return 'number';
  if (type === 'string' || type === 'number' || type === 'boolean') return type;
  if (!properties) return 'unknown';
  const members = Object.entries(properties).map(([name, member]) =>
    required.includes(name)
      ? `readonly ${name}: ${typeOf(member)}`
      : `readonly ${name}?: ${typeOf(member)} | undefined`,
  );
  return members.length === 0 ? '{}' : `{ ${members.join('; ')} }`;
}
