/**
 * What the study compares: the figures of the ABS paper (arXiv 2301.08895) with our choices of what it leaves open, under four
 * laws of task times. Data, so that text and runs cannot differ.
 */

export interface Law {
  readonly name: string;
  readonly title: string;
  /** As `--straggler`; means are 1 time unit. */
  readonly straggler: string;
}

export const laws: readonly Law[] = [
  { name: 'exponential', title: 'exponential', straggler: 'exponential' },
  {
    name: 'heterogeneous',
    title: 'heterogeneous machines (V_task 0.1, V_mach 0.6)',
    straggler: 'gamma:vtask=0.1,vmach=0.6',
  },
  {
    name: 'random',
    title: 'mildly random tasks (V_task 0.6, V_mach 0)',
    straggler: 'gamma:vtask=0.6,vmach=0',
  },
  {
    name: 'near-deterministic',
    title: 'near-deterministic (V_task 0.1, V_mach 0.1)',
    straggler: 'gamma:vtask=0.1,vmach=0.1',
  },
];

/** One figure of the paper: the same fleet under several laws. */
export interface Experiment {
  /** `fig2`: also the folder of its runs. */
  readonly name: string;
  readonly title: string;
  readonly workers: number;
  readonly k0: number;
  /** Time units. */
  readonly time: number;
  readonly laws: readonly Law[];
  /** Policies that are compared; of each, the settings are chosen under each law, on the seeds for choosing. */
  readonly policies: readonly string[];
}

/** How much is run. */
export interface Effort {
  readonly seeds: readonly number[];
  /** Others, for choosing. */
  readonly choosingSeeds: readonly number[];
  readonly evalEveryTime: number;
  readonly evalSamples: number;
  readonly learningRates: readonly number[];
  /** Runs for choosing last this share of an experiment's time: what is too fast a rate shows early. */
  readonly choosingShare: number;
  /** a of ABS, as multiples of K^0. */
  readonly multiplesOfK0: readonly number[];
  readonly experiments: readonly Experiment[];
  /** τ_max of figure 1; Infinity: no bound. */
  readonly thresholds: readonly number[];
  /** Figure 1: K = 1. */
  readonly thresholdFleet: { readonly workers: number; readonly time: number; readonly laws: readonly Law[] };
}

/** What all runs share. */
export const common = {
  dataset: 'cifar10',
  model: 'lenet',
  partition: 'iid',
  localSteps: 10,
  batchSize: 32,
} as const;

const rivals = ['abs', 'ada-sync', 'sa-ada-sync', 'k-async', 'k-sync', 'local-sgd'];
const [exponential, heterogeneous] = laws;
const firstTwo = [exponential, heterogeneous].filter((law) => law !== undefined);

export const fullEffort: Effort = {
  seeds: [1, 2, 3],
  choosingSeeds: [101],
  evalEveryTime: 2,
  evalSamples: 2000,
  learningRates: [0.025, 0.05, 0.1],
  choosingShare: 0.5,
  multiplesOfK0: [2, 4, 8],
  experiments: [
    { name: 'fig2', title: 'Figure 2: 10 workers', workers: 10, k0: 2, time: 48, laws, policies: rivals },
    {
      name: 'fig3',
      title: 'Figure 3: 20 workers',
      workers: 20,
      k0: 2,
      time: 30,
      laws,
      policies: rivals.slice(0, 5),
    },
    {
      name: 'fig4',
      title: 'Figure 4: 20 workers, K^0 = 5',
      workers: 20,
      k0: 5,
      time: 30,
      laws,
      policies: rivals.slice(0, 5),
    },
  ],
  thresholds: [1, 2, 4, 8, 16, Infinity],
  thresholdFleet: { workers: 8, time: 30, laws: firstTwo },
};

export const quickEffort: Effort = {
  ...fullEffort,
  evalSamples: 1000,
  learningRates: [0.05],
  multiplesOfK0: [2, 4],
  experiments: fullEffort.experiments
    .filter(({ name }) => name !== 'fig3')
    .map((experiment) => ({ ...experiment, time: 14, laws: firstTwo })),
  thresholds: [1, 4, Infinity],
  thresholdFleet: { workers: 8, time: 14, laws: firstTwo.slice(0, 1) },
};
