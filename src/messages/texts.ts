import { z } from 'zod';
import { SetupError } from '../base/fault.ts';
import { isPlainText } from '../base/text.ts';
import { english, textNames, type BuiltIn, type Template, type TextName } from './english.ts';
import type { Channel, Message } from './message.ts';
import { fill, oneLine, oneLineEach, shownTime, typedText, type Text } from './words.ts';

const line = z.string().min(1).max(200).refine(isPlainText, 'must be one line of text');
const lines = z
  .string()
  .min(1)
  .max(2000)
  .refine((text) => isPlainText(text.replaceAll('\n', '')), 'must be text');

/** A replacement for one text in one language, for one account or for all. It must have the placeholders that the text needs. */
export const textReplacement = z
  .strictObject({
    account: z.string().min(1).optional(),
    /** A language tag (RFC 5646), such as `de` or `pt-BR`. */
    language: z.string().regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}$/, 'must be a language tag'),
    text: z.enum(textNames),
    subject: line.optional(),
    body: lines,
  })
  .superRefine(({ text, subject, body }, context) => {
    for (const message of wrongIn(english[text], subject, body)) context.addIssue({ code: 'custom', message });
  });

export type TextReplacement = z.infer<typeof textReplacement>;

function wrongIn(
  { placeholders, needed, subject: ours }: BuiltIn,
  subject: string | undefined,
  body: string,
): string[] {
  const strayIn = (part: string, known: readonly string[]) =>
    /[{}]/.test(part.replaceAll(/\{(\w*)\}/g, (found, name: string) => (known.includes(name) ? '' : found)));
  const wrong: string[] = [];
  if (needed.some((name) => !body.includes(`{${name}}`))) wrong.push(`needs {${needed.join('}, {')}} in its body`);
  if (strayIn(body, placeholders)) wrong.push(`has an unknown placeholder: expected {${placeholders.join('}, {')}}`);
  // Values that the body must have, such as a code, are not allowed here: others can read subjects (attack A13.8).
  const open = placeholders.filter((name) => !needed.includes(name));
  if (strayIn(subject ?? '', open))
    wrong.push(`has an unknown placeholder in its subject: expected {${open.join('}, {')}}`);
  if ((ours === undefined) !== (subject === undefined)) wrong.push(ours ? 'needs a subject' : 'has no subject');
  return wrong;
}

/** The reader's account and language. */
export type Audience = { readonly account?: string | undefined; readonly language?: string | undefined };

export type CodeValues = {
  readonly code: string;
  readonly service: string;
  /** The host at which the user enters the code, without a port. */
  readonly host: string;
  readonly minutes: number;
  /** The name of the service whose challenge the code answers. The text names it in place of `service`. */
  readonly requestedBy?: string | undefined;
  /** The action that the code approves, in the words of the service or the session. */
  readonly action?: string | null | undefined;
};

/** The texts about a change. */
export const noticeName = z
  .enum(textNames)
  .exclude(['sms_code', 'email_code', 'sms_action_code', 'email_action_code', 'notices_collected']);

export type NoticeName = z.infer<typeof noticeName>;

/** A change to a user's login methods. `when` is in milliseconds since the Unix epoch. */
export type Notice = {
  readonly name: NoticeName;
  readonly service: string;
  readonly host: string;
  readonly user: string;
  readonly when: number;
  /** The kind of factor, for the texts that name it. */
  readonly factor?: string | undefined;
};

/** Notices of one kind about one user, sent in one message with others. */
export type NoticedChange = Pick<Notice, 'name' | 'user' | 'factor'> & {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
};

export type Digest = {
  readonly changes: readonly NoticedChange[];
  /** The number of notices in the digest, which may be more than `changes` has. */
  readonly total: number;
};

export type Texts = {
  code(channel: Channel, values: CodeValues, audience?: Audience): Pick<Message, 'subject' | 'body' | 'code'>;
  notice(notice: Notice, audience?: Audience): Text;
  digest(digest: Digest & Pick<Notice, 'service' | 'host'>, audience?: Audience): Text;
};

/** The built-in texts, with some of them replaced. */
export function createTexts(replacements: readonly TextReplacement[] = []): Texts {
  const replaced = new Map(replacements.map(checked).map((template) => [keyOf(template), template]));
  const find = (text: TextName, { account, language = 'en' }: Audience = {}): Template => {
    const [primary = ''] = language.split('-');
    const wanted = [language, primary, 'en'].flatMap((tongue) => [
      { text, account, language: tongue },
      { text, language: tongue },
    ]);
    return wanted.map((place) => replaced.get(keyOf(place))).find((found) => found !== undefined) ?? english[text];
  };
  return {
    code(channel, values, audience) {
      const { code, host, service, minutes, requestedBy, action } = values;
      const words = {
        ...oneLineEach({ code, host, service, minutes: String(minutes) }),
        ...(requestedBy !== undefined && { service: typedText(requestedBy) }),
        ...(typeof action === 'string' && { action: typedText(action) }),
      };
      const name = typeof action === 'string' ? (`${channel}_action_code` as const) : (`${channel}_code` as const);
      const filled = fill(find(name, audience), words);
      // Autofill offers the code at this host only ("Origin-bound one-time codes", WICG). It reads the last line.
      const bound = channel === 'sms' ? `${filled.body}\n\n@${oneLine(host)} #${oneLine(code)}` : filled.body;
      return { ...filled, body: bound, code };
    },
    notice({ name, when, factor = '', user, ...values }, audience) {
      const words = oneLineEach({ ...values, factor, when: `${shownTime(when)} UTC` });
      return fill(find(name, audience), { ...words, user: typedText(user) });
    },
    digest({ changes, total, service, host }, audience) {
      const words = oneLineEach({ service, host });
      const rows = changes.map((change) => digestLine(change, find(change.name, audience), words));
      const left = changes.reduce((rest, { count }) => rest - count, total);
      if (left > 0) rows.push(`… + ${left}`);
      return fill(find('notices_collected', audience), { ...words, changes: rows.join('\n') });
    },
  };
}

type TextPlace = { readonly text: TextName; readonly account?: string | undefined; readonly language: string };

function keyOf({ text, account = '', language }: TextPlace): string {
  return [text, language.toLowerCase(), account].join(' ');
}

function checked(replacement: TextReplacement): TextReplacement {
  const read = textReplacement.safeParse(replacement);
  if (read.success) return read.data;
  throw new SetupError(`the text ${replacement.text} is invalid: ${read.error.issues[0]?.message ?? ''}`);
}

/** One line of a digest: the time, the change in the words of its notice's subject, and the user. */
function digestLine(
  { user, factor, count, firstAt, lastAt }: NoticedChange,
  { subject = '' }: Template,
  words: Readonly<Record<string, string>>,
): string {
  const when = `${[...new Set([firstAt, lastAt].map(shownTime))].join(' – ')} UTC`;
  const about = { ...words, ...oneLineEach({ when, factor: factor ?? '' }), user: typedText(user) };
  const which = [count > 1 ? `${count} ×` : '', about.user, about.factor].filter((word) => word !== '');
  return `${when}: ${fill({ body: subject }, about).body} (${which.join(', ')})`;
}
