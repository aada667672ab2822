import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

/** Reads the messages that the servers send: the newest code for each address, with its time, so that equal codes can be told apart. */
export function readOutbox(file: string): (address: string) => string | undefined {
  const newest = new Map<string, string>();
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
        const { to, code, at: when } = JSON.parse(line) as { to: string; code: string | null; at: string };
        if (code !== null) newest.set(to, `${code} ${when}`);
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
