/** A real browser, Debian's Chromium. */
import { chromium, type Browser } from 'playwright-core';

const program = process.env.CHROMIUM ?? '/usr/bin/chromium';

export async function startBrowser(): Promise<Browser & AsyncDisposable> {
  // As root it has no sandbox; everything that it visits here is ours.
  return chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] });
}
