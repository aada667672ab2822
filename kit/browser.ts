/** A real browser, Debian's Chromium. */
import { chromium, type Browser } from 'playwright-core';

const program = process.env.CHROMIUM ?? '/usr/bin/chromium';

export async function startBrowser(): Promise<Browser & AsyncDisposable> {
  // Chromium has no sandbox as root; it visits only pages of the tests.
  return chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] });
}
