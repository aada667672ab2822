/** Replaces how Node tells its warnings, which fits neither a log of JSON lines nor one line per mistake. */
export function onWarning(tell: (warning: Error) => void): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    // The first releases of Node 24 call node:sqlite experimental; our tests run on them.
    if (warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite')) return;
    tell(warning);
  });
}
