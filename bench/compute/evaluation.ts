/** Evaluation of as many images as CIFAR-10 has for testing, on two threads; lenet by the plan. */
import type { Torch } from '../peers/find-torch.js';
import { startTorch } from '../peers/torch-peer.js';
import type { Figure } from './figures.js';
import { startLenetPool, testImages } from './lenet-pool.js';
import { alternate, printTimes } from './rivals.js';
import { medianOf, medianTime, share, timeOf } from './times.js';

const threads = 2;

/** Ours begins with bytes, which it normalises; PyTorch's with batches that lie ready. */
export async function measureEvaluation(torches: readonly Torch[], slices: number): Promise<Figure[]> {
  const peerOptions = { model: 'lenet', threads, forward: testImages };
  const peers = await Promise.all(torches.map((torch) => startTorch(torch, peerOptions)));
  const compute = await startLenetPool(threads);
  const rivals = [
    {
      name: 'plan',
      async run(times: number) {
        const all = await timeOf(async () => {
          for (let i = 0; i < times; i++) await compute.evaluate(compute.model.initial);
        });
        return share(all, times);
      },
    },
    ...peers.map(({ version, run }) => ({ name: `PyTorch ${version}, eager`, run })),
  ];
  const times = await alternate(rivals, slices);
  await Promise.all([compute.close(), ...peers.map((peer) => peer.close())]);
  printTimes(`lenet: evaluation of ${testImages} images, two threads`, rivals, times, testImages);
  const [ours = [], ...theirs] = times;
  return [
    { name: 'lenet: 10,000 images on 2 threads', most: 0.5, unit: ' s', values: [medianTime(ours)] },
    {
      name: 'lenet: 10,000 images on 2 threads ÷ PyTorch',
      least: 1,
      values: theirs.map((peer) => medianOf(peer, ours, (their, our) => their / our)),
    },
  ];
}
