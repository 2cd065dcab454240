/**
 * A model's weights as one flat vector and back: every weight, trainable or not (so that the moving statistics of batch
 * normalisation travel too), in the order of `model.weights`, each row-major.
 */
import * as tf from '@tensorflow/tfjs';
import { StalewartError } from '../errors.js';

export interface Parameters {
  /** Length of the flat vector. */
  readonly count: number;
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly trainable: boolean;
  }[];
  /** What gradients are taken of. */
  readonly trainable: readonly tf.Variable[];
  /** Sets the model's weights. */
  write(flat: Float32Array): void;
  /** Copies the model's weights into `flat`. */
  read(flat: Float32Array): void;
}

/** @throws StalewartError MODEL if a weight is not float32, or two weights share a name and could not be told apart when saved */
export function parametersOf(model: tf.LayersModel): Parameters {
  let count = 0;
  const names = new Set<string>();
  // The layers' word, not the weights' own flag, which does not survive JSON when a layer is frozen.
  const trained = new Set(model.trainableWeights);
  const parts = model.weights.map((weight) => {
    const variable = weight.read();
    const name = weight.originalName;
    if (!(variable instanceof tf.Variable) || variable.dtype !== 'float32') {
      throw modelError(`model: its weight ${name} is of type ${variable.dtype}: only float32 can be trained`);
    }
    if (names.has(name)) {
      throw modelError(`model: two of its weights are named ${name}: give each layer a name of its own`);
    }
    names.add(name);
    const part = { name, variable, offset: count, trainable: trained.has(weight) };
    count += variable.size;
    return part;
  });
  if (!parts.some((part) => part.trainable)) {
    throw modelError('model: none of its weights is trainable');
  }

  return {
    count,
    weights: parts.map(({ name, variable, trainable }) => ({ name, shape: variable.shape, trainable })),
    trainable: parts.filter((part) => part.trainable).map((part) => part.variable),
    write(flat) {
      for (const { variable, offset } of parts) {
        // A copy: a backend may keep a reference, and tfjs-node takes no views over shared memory.
        const values = flat.slice(offset, offset + variable.size);
        tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, 'float32')));
      }
    },
    read(flat) {
      for (const { variable, offset } of parts) flat.set(variable.dataSync<'float32'>(), offset);
    },
  };
}

function modelError(message: string): StalewartError {
  return new StalewartError('MODEL', message, { field: 'model' });
}
