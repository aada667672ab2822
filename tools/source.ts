/**
 * Reads TypeScript just far enough to say what it imports and which words stand in its code.
 *
 * TypeScript 7 gives programs no parser to call, and the sources are formatted, so this little reader will do.
 */

export type Import = {
  /** As written: './clock.ts', 'node:fs', 'zod'. */
  readonly specifier: string;
  readonly line: number;
  /** `import type`: gone once the types are. */
  readonly typeOnly: boolean;
};

const BLANK = /[^\n]/g;
const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//y;
const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y;
const REGEX =
  /(?<=(?:^|[=(,:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|await))\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//y;
const TEMPLATE_TEXT = /(?:\\[^]|\$(?!\{)|[^\\`$])*(?:\$\{|`|$)/y;

/**
 * The text with comments and everything quoted blanked out (the quotes stay, and so does `${code}` in a template).
 * No character moves: a place found in the result is the same place in the text.
 */
export function codeOnly(text: string): string {
  let code = '';
  // For each template whose `${` we are inside: the braces open since.
  const templates: number[] = [];

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = code.length;
    return pattern.exec(text)?.[0];
  };
  const takeTemplateText = (): void => {
    const part = take(TEMPLATE_TEXT) ?? '';
    const end = part.endsWith('${') ? '${' : part.endsWith('`') ? '`' : '';
    if (end === '${') templates.push(0);
    code += part.slice(0, part.length - end.length).replace(BLANK, ' ') + end;
  };

  while (code.length < text.length) {
    const comment = take(COMMENT);
    const quoted = comment === undefined ? (take(STRING) ?? take(REGEX)) : undefined;
    if (comment !== undefined) {
      code += comment.replace(BLANK, ' ');
      continue;
    }
    if (quoted !== undefined) {
      code += quoted.charAt(0) + quoted.slice(1, -1).replace(BLANK, ' ') + quoted.charAt(0);
      continue;
    }
    const next = text.charAt(code.length);
    code += next;
    const open = templates.at(-1);
    if (next === '`') takeTemplateText();
    else if (open !== undefined && next === '{') templates[templates.length - 1] = open + 1;
    else if (open !== undefined && next === '}') {
      templates.pop();
      if (open === 0) takeTemplateText();
      else templates.push(open - 1);
    }
  }
  return code;
}

/** The line, counted from 1, in which a place in the text stands. */
export function lineOf(text: string, place: number): number {
  return text.slice(0, place).split('\n').length;
}

const STATIC = /(?<![\w$.])(?:import|export)\s+(?<type>type\s+)?(?:[\w$*{}\s,]+?\sfrom\s*)?(?<quoted>(?:'\s*'|"\s*"))/g;
const DYNAMIC = /(?<![\w$.])import\s*\(\s*(?<quoted>(?:'\s*'|"\s*"))/g;

/** Every import, re-export and `import('…')` of a file. */
export function importsOf(text: string): Import[] {
  const code = codeOnly(text);
  return [...code.matchAll(STATIC), ...code.matchAll(DYNAMIC)].map((match) => {
    const end = match.index + match[0].length;
    const start = end - (match.groups?.quoted ?? '').length;
    return {
      specifier: text.slice(start + 1, end - 1),
      line: lineOf(text, match.index),
      typeOnly: match.groups?.type !== undefined,
    };
  });
}
