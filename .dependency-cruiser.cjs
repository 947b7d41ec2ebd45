/** The import rules of ARCHITECTURE.md. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: `^src/${from}` },
  to: { path: '^src/', pathNot: allowed.map((folder) => `^src/${folder}`) },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'core-is-pure', severity: 'error', from: { path: '^src/core' }, to: { pathNot: '^src/core' } },
    only('ports-know-core', 'ports', ['ports', 'core']),
    only('freeswitch-is-an-adapter', 'freeswitch', ['freeswitch', 'switch', 'ports', 'core']),
    only('asterisk-is-an-adapter', 'asterisk', ['asterisk', 'switch', 'ports', 'core']),
    only('switch-is-shared-by-adapters', 'switch', ['switch', 'ports', 'core']),
    only('redis-is-an-adapter', 'redis', ['redis', 'ports', 'core']),
    only('memory-is-an-adapter', 'memory', ['memory', 'ports', 'core']),
    only('history-is-an-adapter', 'history', ['history', 'ports', 'core']),
    only('http-is-an-adapter', 'http', ['http', 'ports', 'core']),
    only('metrics-is-an-adapter', 'metrics', ['metrics', 'ports', 'core']),
    only('media-is-an-adapter', 'media', ['media', 'ports', 'core']),
    only('engine-knows-ports', 'engine', ['engine', 'ports', 'core']),
    only('lab-stands-alone', 'lab', ['lab', 'ports', 'core']),
    only('simulator-drives-the-core', 'simulator', ['simulator', 'config', 'redis', 'memory', 'ports', 'core']),
    only('config-knows-core', 'config', ['config', 'core']),
    { name: 'only-the-demo-uses-the-lab', severity: 'error', from: { path: '^src', pathNot: '^src/(cli|lab)' }, to: { path: '^src/lab' } },
    { name: 'nothing-imports-the-cli', severity: 'error', from: { path: '^src', pathNot: '^src/(cli|main)' }, to: { path: '^src/(cli|main)' } },
    { name: 'no-dev-dependencies', severity: 'error', from: { path: '^src' }, to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] } },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
