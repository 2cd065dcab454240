/**
 * Who may import whom, checked on the compiled modules (dist/), which also shows dynamic imports; imports of types are
 * gone there, so `.oxlintrc.json` holds the sources to the same floors. `npm run imports` runs it;
 * `test/toolchain/import-rules.test.ts` shows that each rule fires.
 *
 * Floors, each importing only from below:  cli → run → actors | simulator, replay → protocols.  The other folders of src/ stand
 * beside them behind small interfaces, which `run` plugs in.
 */
const product = '^dist/(actors|protocols|src)/';
/** A package, wherever npm or a link has put it. */
const packages = (names) => `(^|/)node_modules/(${names})/`;
const tensorflow = packages('@tensorflow/[^/]+');

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that import each other cannot be understood, or loaded, one by one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'protocols-are-pure',
      comment:
        'protocols/ imports nothing but zod, rxjs and itself: it runs the same live, simulated and replayed.',
      severity: 'error',
      from: { path: '^dist/protocols/' },
      to: { pathNot: ['^dist/protocols/', packages('zod|rxjs')] },
    },
    {
      name: 'actors-are-below-run',
      comment: 'Actors know protocols/, interfaces, and small tools of src/; not who assembles them.',
      severity: 'error',
      from: { path: '^dist/actors/' },
      to: {
        path: '^dist/src/',
        pathNot: '^dist/src/(clock|random|stragglers|chaos)/|^dist/src/errors\\.js$',
      },
    },
    {
      name: 'simulator-is-beside-actors',
      comment: 'The simulator and the replay drive the engine themselves.',
      severity: 'error',
      from: { path: '^dist/src/(simulator|replay)/' },
      to: { path: '^dist/(actors/|src/(run|cli|transport)/)' },
    },
    {
      name: 'parts-know-no-floor-above',
      comment:
        'What stands beside the floors is plugged in by run; it knows neither run nor cli, actors or simulator.',
      severity: 'error',
      from: { path: '^dist/src/[^/]+/', pathNot: '^dist/src/(run|cli|simulator|replay)/' },
      to: { path: '^dist/(actors/|src/(run|cli|simulator|replay)/)' },
    },
    {
      name: 'run-knows-no-cli',
      comment: 'Whatever the command line can do, the API can do.',
      severity: 'error',
      from: { path: product, pathNot: '^dist/src/cli/' },
      to: { path: '^dist/src/cli/' },
    },
    {
      name: 'door-is-for-others',
      comment: 'src/index.ts is the door for users; inside, modules import each other directly.',
      severity: 'error',
      from: { path: product },
      to: { path: '^dist/src/index\\.js$' },
    },
    {
      name: 'nact-in-supervision-only',
      comment: 'nact has faults that only actors/supervision keeps from being met.',
      severity: 'error',
      from: { path: product, pathNot: '^dist/actors/supervision/mailbox\\.js$' },
      to: { path: packages('nact') },
    },
    {
      name: 'nats-in-transport-only',
      comment: 'A new major version of the client shall change one place.',
      severity: 'error',
      from: { path: product, pathNot: '^dist/src/(transport|checkpoint)/' },
      to: { path: packages('nats|@nats-io/[^/]+') },
    },
    {
      name: 'tensorflow-in-compute-only',
      comment: 'Everything else deals in flat Float32Arrays.',
      severity: 'error',
      from: { path: product, pathNot: '^dist/src/(compute|data)/' },
      to: { path: tensorflow },
    },
    {
      name: 'no-test-code-in-product',
      comment: 'dist/test and dist/bench are not published.',
      severity: 'error',
      from: { path: product },
      to: { path: '^dist/(test|bench|examples)/' },
    },
    {
      name: 'only-own-dependencies',
      comment: 'The product imports packages that package.json lists, and none that only development needs.',
      severity: 'error',
      from: { path: product },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-unresolvable',
      comment:
        'What is imported is there. (tfjs-node is optional: where it is not installed, that is normal.)',
      severity: 'error',
      from: { path: product },
      to: { couldNotResolve: true, pathNot: '^@tensorflow/tfjs-node' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Resolve as Node does for ECMAScript modules.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
