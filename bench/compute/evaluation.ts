/** Evaluation of as many images as CIFAR-10 has for testing, on two threads; lenet by the plan. */
import type { Torch } from '../peers/find-torch.js';
import { startTorch } from '../peers/torch-peer.js';
import type { Figure } from './figures.js';
import { startLenetPool, testImages } from './lenet-pool.js';
import { printTimes } from './rivals.js';
import { medianOf, medianTime, type Time, timeOf } from './times.js';

const threads = 2;

/** Ours begins with bytes, which it normalises; PyTorch's with batches that lie ready. */
export async function measureEvaluation(torches: readonly Torch[], slices: number): Promise<Figure[]> {
  const peerOptions = { model: 'lenet', threads, forward: testImages };
  const peers = await Promise.all(torches.map((torch) => startTorch(torch, peerOptions)));
  const compute = await startLenetPool(threads);
  const ours: Time[] = [];
  const theirs: Time[][] = peers.map(() => []);
  for (let slice = -2; slice < slices; slice++) {
    const own = await timeOf(() => compute.evaluate(compute.model.initial));
    if (slice >= 0) ours.push(own);
    for (const [i, peer] of peers.entries()) {
      const other = await peer.run(1);
      if (slice >= 0) theirs[i]?.push(other);
    }
  }
  await Promise.all([compute.close(), ...peers.map((peer) => peer.close())]);
  const run = () => Promise.reject(new Error('measured already'));
  const rivals = ['plan', ...peers.map(({ version }) => `PyTorch ${version}, eager`)].map((name) => ({
    name,
    run,
  }));
  printTimes(`lenet: evaluation of ${testImages} images, two threads`, rivals, [ours, ...theirs], testImages);
  return [
    { name: 'lenet: 10,000 images on 2 threads', most: 0.5, unit: ' s', values: [medianTime(ours)] },
    {
      name: 'lenet: 10,000 images on 2 threads ÷ PyTorch',
      least: 1,
      values: theirs.map((peer) => medianOf(peer, ours, (their, our) => their / our)),
    },
  ];
}
