/** The style of all pages: light and dark, and without sideways scrolling on narrow screens. */
export const docsStyle = `
:root { --text: #1b1f24; --muted: #59636e; --page: #fff; --panel: #f6f8fa; --line: #d1d9e0; --link: #0550ae; --get: #0a5c2b; --write: #7a4100; --delete: #a40e26; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --muted: #9198a1; --page: #0d1117; --panel: #161b22; --line: #30363d; --link: #79c0ff; --get: #56d364; --write: #e3b341; --delete: #ff7b72; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; max-width: 76rem; padding: 0 1.25rem; color: var(--text); background: var(--page); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header { padding-top: 1.5rem; }
main { min-width: 0; padding-bottom: 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 0.5rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 1.75rem 0 0.25rem; }
h3 { font-size: 1rem; margin: 1rem 0 0.25rem; }
h4 { font-size: 0.9375rem; margin: 1rem 0 0.25rem; }
p { margin: 0.25rem 0 0.5rem; }
a { color: var(--link); }
code, pre { font: 0.8125rem/1.45 ui-monospace, 'DejaVu Sans Mono', monospace; }
p > code, li > code { white-space: nowrap; }
pre { margin: 0; padding: 0.5rem 0.75rem; white-space: pre-wrap; background: var(--panel); }
ol { margin: 0.25rem 0; padding-left: 1.5rem; }
ol > li { margin-bottom: 0.5rem; }
nav { font-size: 0.875rem; padding-top: 1rem; }
nav ul { list-style: none; margin: 0.25rem 0 1rem; padding: 0; columns: 2; }
nav a { display: block; padding: 0.125rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; margin: 0.5rem 0 0.75rem; font-size: 0.875rem; }
caption { text-align: left; font-weight: 600; padding: 0.25rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-top: 1px solid var(--line); font-weight: 400; }
.members th:nth-child(1) { width: 30%; }
.members th:nth-child(2) { width: 25%; }
.members th:nth-child(3) { width: 6rem; }
.problems th { width: 20rem; }
.problems td:nth-child(2) { width: 6rem; }
thead th { border: 0; color: var(--muted); }
.statuses { list-style: none; padding: 0; margin: 0.5rem 0; columns: 20rem; }
.example { border: 1px solid var(--line); border-radius: 6px; overflow: hidden; margin: 0.5rem 0; }
.example pre + pre { border-top: 1px solid var(--line); background: none; }
details { border: 1px solid var(--line); }
details + details { border-top: 0; }
summary { display: flex; gap: 0 0.5rem; align-items: baseline; padding: 0.1875rem 0.75rem; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::before { content: '▸'; color: var(--muted); }
details[open] > summary::before { content: '▾'; }
summary:hover, details[open] > summary { background: var(--panel); }
summary h2, summary h3 { margin: 0; }
section + .section, .section + section { margin-top: 1.75rem; }
.section > summary { padding: 0.375rem 0.75rem; }
details > div { padding: 0.5rem 0.75rem; border-top: 1px solid var(--line); scroll-margin-top: 2.5rem; }
details > .example { margin: 0; padding: 0; border-width: 1px 0 0; border-radius: 0; }
.operation > summary { display: grid; grid-template-columns: 0.75rem minmax(0, 29rem) minmax(0, 1fr) 1.5rem; gap: 0 0.5rem; }
.operation h3 { display: flex; gap: 0.5rem; align-items: baseline; font-size: 0.8125rem; }
.operation h3 span { flex: 0 0 3.75rem; }
.operation > summary > span { font-size: 0.875rem; color: var(--muted); }
.operation > summary > a { text-align: center; text-decoration: none; }
.get { color: var(--get); }
.post, .put, .patch { color: var(--write); }
.delete { color: var(--delete); }
@media (min-width: 56rem) {
  body:has(nav) { display: grid; grid-template-columns: 13.5rem minmax(0, 1fr); gap: 0 2rem; }
  nav { grid-row: 1 / span 2; padding-top: 1.75rem; position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; }
  nav ul { columns: auto; }
  .example { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .example pre + pre { border: 0; border-left: 1px solid var(--line); }
}
@media (max-width: 40rem) {
  .operation > summary { grid-template-columns: 0.75rem minmax(0, 1fr) 1.5rem; }
  .operation > summary > span { grid-column: 2; grid-row: 2; }
  .operation > summary > a { grid-column: 3; grid-row: 1; }
  table, tbody, caption { display: block; }
  thead { display: none; }
  tr { display: block; border-top: 1px solid var(--line); padding: 0.25rem 0; }
  th, td { display: inline; border: 0; padding: 0; }
  tbody th { display: block; }
  .members th:nth-child(1) { width: auto; }
  td + td::before { content: ' · '; }
  td:empty { display: none; }
  table:not(.members) th { font-weight: 600; }
  table:not(.members) td { display: block; }
  table:not(.members) td::before { content: none; }
  .problems th, .problems td:nth-child(2) { display: inline; width: auto; }
  .problems td:nth-child(2)::before { content: ' · '; }
}
`;
