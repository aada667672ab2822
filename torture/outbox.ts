import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

/** A code as it was sent, with its time, so that equal codes can be told apart. */
export type SentCode = {
  readonly code: string;
  readonly at: string;
  /** The action that it approves, if its message names one. */
  readonly action?: string;
};

/** An action that no other challenge has. */
export const actionOf = (drawn: number) => `tortured-action-${drawn.toString(16)}`;

/** Reads the messages that the servers send: the newest code for each address. */
export function readOutbox(file: string): (address: string) => SentCode | undefined {
  const newest = new Map<string, SentCode>();
  let at = 0;
  let rest = '';

  function readOn(): void {
    if (!existsSync(file)) return;
    const open = openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(fstatSync(open).size - at);
      at += readSync(open, buffer, 0, buffer.length, at);
      const lines = (rest + buffer.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { to, code, at: when, body } = JSON.parse(line) as Record<'to' | 'at' | 'body', string> & SentCode;
        const [action] = /tortured-action-[0-9a-f]+/.exec(body) ?? [];
        if (code !== null) newest.set(to, { code, at: when, ...(action !== undefined && { action }) });
      }
    } finally {
      closeSync(open);
    }
  }

  return (address) => {
    readOn();
    return newest.get(address);
  };
}
