import assert from 'node:assert/strict';
import { test } from 'node:test';
import { docsStyle } from '../../../src/http/describe/docs-style.ts';

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(color: string): number {
  const hex = color.length === 4 ? color.replace(/[^#]/g, '$&$&') : color;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test('every text color can be read on every background, in light and in dark (WCAG AA: 4.5 to 1)', () => {
  const looks = [...docsStyle.matchAll(/:root \{([^}]*)\}/g)].map(
    ([, names = '']) => new Map([...names.matchAll(/--(\w+): (#\w+);/g)].map(([, name, color]) => [name, color])),
  );
  assert.equal(looks.length, 2);
  for (const look of looks)
    for (const text of ['text', 'muted', 'link', 'get', 'write', 'delete'])
      for (const background of ['page', 'panel']) {
        const ratio = contrast(look.get(text) ?? '', look.get(background) ?? '');
        assert.ok(ratio >= 4.5, `${text} on ${background}: ${ratio.toFixed(2)}`);
      }
});
