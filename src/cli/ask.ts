import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { SetupError } from '../base/fault.ts';
import { CommandFailed } from './explain.ts';

/** Asks at the terminal for a secret, twice, because it is not echoed. */
export async function askTwice(question: string, again: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const [first, second] = await ask([question, again], nowhere);
  if (first !== second) throw new SetupError('the two passwords differ');
  return first ?? '';
}

/** Asks a question; only `y` and `yes` confirm. */
export async function confirmed(question: string): Promise<boolean> {
  const [answer = ''] = await ask([question], process.stderr);
  return /^y(es)?$/i.test(answer.trim());
}

/** Questions go to standard error, so that standard output holds results only. */
async function ask(questions: readonly string[], echo: NodeJS.WritableStream): Promise<readonly string[]> {
  const terminal = createInterface({ input: process.stdin, output: echo, terminal: true, historySize: 0 });
  // While readline reads, the terminal passes Ctrl-C on as a key.
  terminal.on('SIGINT', () => terminal.close());
  const lines = terminal[Symbol.asyncIterator]();
  const answers: string[] = [];
  try {
    for (const question of questions) {
      process.stderr.write(question);
      const line = await lines.next();
      if (echo !== process.stderr || line.done) process.stderr.write('\n');
      if (line.done) throw new CommandFailed('stopped: nothing was changed');
      answers.push(line.value);
    }
    return answers;
  } finally {
    terminal.close();
  }
}
