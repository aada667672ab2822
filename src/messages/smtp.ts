import { z } from 'zod';
import { errorCode } from '../base/error-code.ts';
import { isLoopback } from '../base/network.ts';
import { success } from '../base/outcome.ts';
import { readEmailAddress } from './destinations.ts';
import { declined, type Delivery, type Gateway, type Message } from './message.ts';
import { deadline, readSettings } from './settings.ts';

const settings = z
  .strictObject({
    host: z.string().regex(/^[A-Za-z0-9.:[\]-]+$/, 'must be a host'),
    port: z.int().min(1).max(65_535).optional(),
    /** TLS from the first byte (smtps) instead of STARTTLS. */
    secure: z.boolean().default(false),
    /** Whether STARTTLS must succeed. `off` means no encryption: for this machine, or for an encrypted network. */
    tls: z.enum(['required', 'off'], 'must be required or off').optional(),
    user: z.string().optional(),
    password: z.string().optional(),
    from: z.string().refine((text) => readEmailAddress(text).ok, 'must be an e-mail address'),
    deadline,
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    message: 'needs user and password, or neither',
  });

type SmtpSettings = z.infer<typeof settings>;

/** Sends e-mail through a mail server (RFC 5321), as plain text. */
export function createSmtp(given: z.input<typeof settings>): Gateway {
  const checked = readSettings(settings, given, 'smtp');
  const connection = openTransport(checked);
  const mailOf = ({ to, subject = '', body }: Message) => ({
    // Objects are used as they are. In a string, a comma would begin another recipient.
    from: { name: '', address: checked.from },
    to: { name: '', address: to },
    subject,
    text: body,
    // This prevents automatic replies, such as holiday notices (RFC 3834 section 5).
    headers: { 'Auto-Submitted': 'auto-generated' },
    signal: AbortSignal.timeout(checked.deadline),
  });
  return {
    name: `smtp ${checked.host}`,
    channels: ['email'],
    async send(message) {
      try {
        const transport = await connection.transport();
        if (!transport) return declined('gateway_failed', 'closed');
        await transport.sendMail(mailOf(message));
        return success(undefined);
      } catch (error) {
        return classify(error);
      }
    },
    close: () => connection.close(),
  };
}

/**
 * Nodemailer is loaded with the first e-mail, so that a server that sends none does not hold it in memory. After
 * `close` there is no transport.
 */
function openTransport(checked: SmtpSettings) {
  const open = async () => (await import('nodemailer')).createTransport(transportOptions(checked));
  let opened: ReturnType<typeof open> | undefined;
  let isClosed = false;
  return {
    async transport() {
      if (isClosed) return undefined;
      opened ??= open();
      const transport = await opened;
      return isClosed ? undefined : transport;
    },
    close() {
      isClosed = true;
      opened?.then(
        (transport) => transport.close(),
        () => {},
      );
    },
  };
}

function transportOptions({ host, port, secure, user, password, deadline: limit, ...chosen }: SmtpSettings) {
  const required = (chosen.tls ?? (isLoopback(host) ? 'off' : 'required')) === 'required';
  return {
    pool: true as const,
    host: host.replace(/^\[|\]$/g, ''),
    ...(port !== undefined && { port }),
    secure,
    requireTLS: required,
    ignoreTLS: !required,
    ...(user !== undefined && { auth: { user, pass: password } }),
    // `signal` limits each e-mail. This limits connections that wait in the pool.
    socketTimeout: limit,
    // A server may have closed a connection in the pool, so one retry is allowed. A second failure has another cause.
    maxRequeues: 1,
    maxResponseSize: 64 * 1024,
  };
}

const smtpError = z.object({ command: z.string(), response: z.string() }).partial();

/** Enhanced status codes for an invalid address of the recipient (RFC 3463 section 3.2, RFC 7505). */
const badAddress = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10']);

/**
 * Classifies a failure. Without such a code, a server that refuses the recipient may refuse to relay for us or block
 * us. A 4xx asks for a later retry (greylisting), but the user cannot wait that long for a code.
 */
function classify(error: unknown): Delivery {
  const { command, response = '' } = smtpError.safeParse(error).data ?? {};
  const [, reply, status] = /^([245][0-9]{2})(?:[ -]([245]\.[0-9]{1,3}\.[0-9]{1,3})\b)?/.exec(response) ?? [];
  const detail = [errorCode(error), reply, status].filter((part) => part !== undefined).join(' ');
  const recipient = command === 'RCPT TO' || command === 'DATA';
  return declined(recipient && badAddress.has(status ?? '') ? 'invalid_destination' : 'gateway_failed', detail);
}
