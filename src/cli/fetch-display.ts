/**
 * Shows how far the fetching of a data set has come: a bar on a terminal, a line per stage elsewhere. It draws nothing
 * until something is fetched, so data from the cache passes in silence.
 */
import { SingleBar } from 'cli-progress';
import type { FetchProgress } from '../data/fetch/fetch-progress.js';

export interface FetchDisplay {
  update(progress: FetchProgress): void;
  /** Leaves the bar as it stands and ends its line. */
  end(): void;
}

const stageNames: Readonly<Record<FetchProgress['stage'], string>> = {
  download: 'downloading',
  decode: 'decoding',
  store: 'storing',
};

/** @param stream standard error of the program */
export function createFetchDisplay(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
): FetchDisplay {
  return stream.isTTY === true ? barDisplay(stream) : lineDisplay(stream);
}

function barDisplay(stream: NodeJS.WritableStream): FetchDisplay {
  const format = '{title} {bar} {percentage} % of {megabytes} MB';
  let bar: SingleBar | null = null;
  let shown: FetchProgress['stage'] | null = null;
  const end = () => {
    bar?.stop();
    bar = null;
  };
  return {
    end,
    update({ dataset, stage, bytesDone, bytesTotal }) {
      if (stage !== shown) {
        end();
        shown = stage;
        const title = `${dataset}: ${stageNames[stage]}`.padEnd(`${dataset}: downloading`.length);
        const options = {
          format,
          stream,
          hideCursor: true,
          barsize: 30,
          barCompleteChar: '█',
          barIncompleteChar: '░',
        };
        bar = new SingleBar(options);
        bar.start(bytesTotal, bytesDone, { title, megabytes: megabytes(bytesTotal) });
      }
      bar?.update(bytesDone);
    },
  };
}

function lineDisplay(stream: NodeJS.WritableStream): FetchDisplay {
  let shown: FetchProgress['stage'] | null = null;
  return {
    end: () => undefined,
    update({ dataset, stage, bytesTotal }) {
      if (stage === shown) return;
      shown = stage;
      stream.write(`${dataset}: ${stageNames[stage]} ${megabytes(bytesTotal)} MB\n`);
    },
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
