/** Metrics in Prometheus' text format. Labels have values from routes and closed lists, never from a request, so the number of series is limited. */
type Labels = Readonly<Record<string, string>>;

export type Histogram = { observe(labels: Labels, seconds: number): void };

export type Metrics = {
  readonly requests: Histogram;
  /** The whole page, with the current values of the gauges. */
  render(): string;
};

/** Seconds. A password login is the slowest ordinary request: its hash takes about 15 ms. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The gauges are read each time the page is rendered. */
export function createMetrics(
  gauges: readonly { readonly name: string; readonly help: string; readonly read: () => number }[],
): Metrics {
  const requests = histogram(
    'countersign_http_request_duration_seconds',
    'How long requests took, by route and status.',
  );
  return {
    requests,
    render: () =>
      [
        ...requests.lines(),
        ...gauges.flatMap(({ name, help, read }) => [
          `# HELP ${name} ${help}`,
          `# TYPE ${name} gauge`,
          `${name} ${read()}`,
        ]),
      ].join('\n') + '\n',
  };
}

function histogram(name: string, help: string) {
  const series = new Map<string, { readonly counts: number[]; sum: number; count: number }>();
  return {
    observe(labels: Labels, value: number): void {
      const key = Object.entries(labels)
        .map(([label, text]) => `${label}="${text}"`)
        .join(',');
      const row = series.get(key) ?? { counts: buckets.map(() => 0), sum: 0, count: 0 };
      series.set(key, row);
      row.sum += value;
      row.count += 1;
      const at = buckets.findIndex((bound) => value <= bound);
      if (at >= 0) row.counts[at] = (row.counts[at] ?? 0) + 1;
    },
    lines(): string[] {
      const rows = [...series].flatMap(([key, { counts, sum, count }]) => {
        let below = 0;
        const inBuckets = buckets.map(
          (bound, at) => `${name}_bucket{${key},le="${bound}"} ${(below += counts[at] ?? 0)}`,
        );
        return [
          ...inBuckets,
          `${name}_bucket{${key},le="+Inf"} ${count}`,
          `${name}_sum{${key}} ${sum}`,
          `${name}_count{${key}} ${count}`,
        ];
      });
      return [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...rows];
    },
  };
}
