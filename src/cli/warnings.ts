/** Replaces Node's own output of warnings, which takes several lines for each. */
export function onWarning(tell: (warning: Error) => void): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    // The first releases of Node 24 call node:sqlite experimental; our tests run on them.
    if (warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite')) return;
    tell(warning);
  });
}
