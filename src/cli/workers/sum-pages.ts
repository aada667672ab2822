/** A metric with its help and type, and its series. */
type Family = { readonly about: Set<string>; readonly series: Map<string, number> };

/** Adds up pages of metrics in Prometheus' text format. The series of a family stay together. */
export function sumPages(pages: readonly string[]): string {
  const families = new Map<string, Family>();
  for (const page of pages) {
    let family: Family = { about: new Set(), series: new Map() };
    for (const line of page.trimEnd().split('\n')) {
      const name = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (name === undefined) addTo(family.series, line);
      else {
        family = families.get(name) ?? { about: new Set(), series: new Map() };
        families.set(name, family);
        family.about.add(line);
      }
    }
  }
  const lines = [...families.values()].flatMap(({ about, series }) => [
    ...about,
    ...[...series].map(([name, value]) => `${name} ${value}`),
  ]);
  return `${lines.join('\n')}\n`;
}

function addTo(series: Map<string, number>, line: string): void {
  const space = line.lastIndexOf(' ');
  const name = line.slice(0, space);
  series.set(name, (series.get(name) ?? 0) + Number(line.slice(space + 1)));
}
