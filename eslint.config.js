import js from '@eslint/js';
import compat from 'eslint-plugin-compat';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/**
 * Arrows point one way:
 *   protocol <- accounts, sessions, presence, chat, reports, calls, diagnostics, admin <- media, reach, db, http, signaling, control, metrics <- app
 * and the client knows the protocol alone. Each rule below forbids what would turn an arrow round.
 */
const EDGES = ['media', 'reach', 'db', 'http', 'signaling', 'control', 'metrics'];
const DOMAIN = ['accounts', 'sessions', 'presence', 'chat', 'reports', 'calls', 'diagnostics', 'admin'];
const LIBRARIES_OF_EDGES = [
  'koa',
  '@koa/*',
  'koa-*',
  'knex',
  'better-sqlite3',
  'protoo-server',
  'ws',
  'mediasoup',
  'mediasoup/*',
  'prom-client',
];

/** Which edge may import what. */
const LIBRARIES = {
  media: ['mediasoup', 'mediasoup/*'],
  reach: [],
  db: ['knex', 'better-sqlite3'],
  http: ['koa', '@koa/*', 'koa-*'],
  signaling: ['protoo-server', 'ws'],
  control: [],
  metrics: ['prom-client'],
};
const ADDRESSES = {
  group: ['ipaddr.js'],
  message: 'It takes more for an address than other programs do: ask server/ip-address.ts.',
};
const ROOT = {
  group: ['**/app.ts', '**/app/**', '**/main.ts'],
  message: 'The composition root is imported by nobody.',
};

const folder = (name) => `**/${name}/**`;
const forbid = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

export default ts.config(
  { ignores: ['dist/', 'data/', 'node_modules/', 'scripts/node/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] },
    },
  },
  { files: ['**/*.js'], languageOptions: { globals: globals.node } },

  {
    files: ['server/protocol/**'],
    rules: forbid([{ regex: '^(?!zod$|\\./)', message: 'The protocol is pure: zod and itself.' }]),
  },
  {
    files: DOMAIN.map((name) => `server/${name}/**`),
    rules: forbid([
      { group: LIBRARIES_OF_EDGES, message: 'Domain folders know no transport, store or media library.' },
      { group: EDGES.map(folder), message: 'Domain folders define ports; the edges implement them.' },
      ADDRESSES,
      ROOT,
    ]),
  },
  // Each edge stands on the domain and knows no other.
  ...EDGES.map((name) => ({
    files: [`server/${name}/**`],
    rules: forbid([
      {
        group: EDGES.filter((other) => other !== name).map(folder),
        message: 'Edges stand on the domain, not on each other.',
      },
      {
        group: LIBRARIES_OF_EDGES.filter((library) => !LIBRARIES[name].includes(library)),
        message: 'Each library has one importer.',
      },
      ADDRESSES,
      ROOT,
    ]),
  })),
  {
    // APIs that the oldest browsers lack (`browserslist` in package.json); methods of JavaScript's own objects are
    // bounded by `lib` in client/tsconfig.json.
    ...compat.configs['flat/recommended'],
    files: ['client/**'],
  },
  {
    files: ['client/**'],
    ignores: [
      'client/lib/storage.ts',
      'client/lib/parse-url.ts',
      'client/vite.config.ts',
      'client/public/**',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CatchClause[param=null]',
          message: 'This takes our own mistakes for something else: call reportMistake(error).',
        },
        {
          selector: 'CallExpression[callee.property.name="catch"] > ArrowFunctionExpression[params.length=0]',
          message: 'This takes our own mistakes for something else: use reportMistake.',
        },
        {
          selector:
            'CallExpression[callee.property.name="then"] > ArrowFunctionExpression.arguments:nth-child(2)[params.length=0]',
          message: 'This takes our own mistakes for something else: use reportMistake.',
        },
        {
          selector: ':matches(Literal, SvelteLiteral)[value=/^\\u002f[\\w-]+\\.\\w+$/]',
          message: 'The server may be below a path: leave out the slash, or use addressOf.',
        },
        {
          selector: 'CallExpression[callee.name="fetch"] > :matches(Literal, TemplateLiteral).arguments',
          message: 'The server may be below a path: use addressOf.',
        },
      ],
    },
  },
  {
    files: ['client/**'],
    rules: forbid([
      {
        group: ['**/server/**', 'zod'],
        message: 'The client knows #protocol/* alone, and of it types and constants.',
      },
      {
        regex: '^#protocol/(?!limits$|errors$|text$|quiet-hours$|rules$)',
        allowTypeImports: true,
        message: 'Only types: a schema would bring zod into the bundle.',
      },
    ]),
  },
  {
    files: ['client/lib/**'],
    rules: forbid([
      {
        group: ['svelte', 'svelte/*', '**/state/**', '**/views/**', '**/components/**'],
        message: 'lib is plain TypeScript below the state.',
      },
      { group: ['**/server/**', 'zod'], message: 'The client knows #protocol/* alone.' },
      {
        regex: '^#protocol/(?!limits$|errors$|text$|quiet-hours$|rules$)',
        allowTypeImports: true,
        message: 'Only types.',
      },
    ]),
  },
);
