import { defineConfig } from 'oxlint';
import { ambient, filesOf, restrictedImports, ROOMS_WITH_A_CLOCK } from './tools/lint/restricted-imports.ts';

// `globalThis` leads to all of them.
const AMBIENT_GLOBALS = ['setTimeout', 'setInterval', 'performance', 'crypto', 'globalThis', 'global'];
const AMBIENT_PROPERTIES = [
  { object: 'Date', property: 'now' },
  { object: 'Math', property: 'random' },
  { object: 'process', property: 'hrtime' },
];

export default defineConfig({
  options: { denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
  jsPlugins: ['./tools/lint/clock-plugin.ts'],
  categories: { correctness: 'error', suspicious: 'error' },
  rules: {
    eqeqeq: 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-default-export': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-unsafe-argument': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',
    'typescript/switch-exhaustiveness-check': 'error',

    // node:test's own promises need no waiting for; every other one does, in tests too.
    'typescript/no-floating-promises': [
      'error',
      {
        allowForKnownSafeCalls: [
          {
            from: 'package',
            package: 'node:test',
            name: ['after', 'afterEach', 'before', 'beforeEach', 'describe', 'it', 'suite', 'test'],
          },
        ],
      },
    ],

    'import/no-named-as-default': 'off',
    'import/no-named-as-default-member': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'unicorn/consistent-function-scoping': 'off',
  },
  overrides: [
    {
      // JavaScript as people have it in their applications: nobody has given it types.
      files: ['examples/**/*.js'],
      rules: {
        // As a browser loads them.
        'import/no-absolute-path': 'off',
        'oxc/no-async-endpoint-handlers': 'off',
        'typescript/consistent-return': 'off',
        'typescript/no-misused-promises': 'off',
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
      },
    },
    {
      // Its packages are installed only where it is measured, so here they have no types.
      files: ['bench/better-auth/*.mjs'],
      rules: {
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
      },
    },
    {
      // The linter reads their default export.
      files: ['oxlint.config.ts', 'tools/lint/clock-plugin.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
    {
      files: ['src/**'],
      rules: { 'max-lines': ['error', 250] },
    },
    {
      files: ['src/**', 'kit/**', 'bench/**', 'torture/**', 'tools/**'],
      rules: { 'max-params': ['error', 4] },
    },
    {
      files: ['src/engine/**', 'src/http/**'],
      rules: { 'max-params': ['error', 3] },
    },
    {
      files: ['src/**', 'kit/**', 'bench/**', 'torture/**', 'tools/**'],
      excludeFiles: ['**/*.test.ts', 'src/store/migrations/**'],
      rules: { 'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }] },
    },
    {
      files: ['src/**'],
      excludeFiles: ROOMS_WITH_A_CLOCK.map(filesOf),
      rules: {
        'clock/no-current-date': 'error',
        'no-restricted-globals': ['error', ...AMBIENT_GLOBALS.map((name) => ({ name, message: ambient }))],
        'no-restricted-properties': [
          'error',
          ...AMBIENT_PROPERTIES.map((property) => ({ ...property, message: ambient })),
        ],
      },
    },
    ...restrictedImports(),
  ],
  ignorePatterns: ['dist/**', 'test/fixtures/**'],
});
