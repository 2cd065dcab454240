/** What `assembly/index.ts` exports; every number that is not a size is an address. */
export interface NativeKernels {
  conv2d(
    geometry: number,
    x: number,
    filter: number,
    bias: number,
    relu: boolean,
    y: number,
    tiles: number,
    packed: number,
    work: number,
    groups: number,
    plans: number,
  ): void;
  conv2dInputGradient(
    geometry: number,
    dy: number,
    filter: number,
    dx: number,
    tiles: number,
    packed: number,
    work: number,
    groups: number,
    plans: number,
  ): void;
  conv2dFilterGradient(
    geometry: number,
    x: number,
    dy: number,
    dFilter: number,
    tiles: number,
    sums: number,
    work: number,
    groups: number,
  ): void;
  depthwise(geometry: number, x: number, filter: number, y: number): void;
  depthwiseFilterGradient(geometry: number, x: number, dy: number, dFilter: number): void;
  depthwiseInputGradient(geometry: number, dy: number, filter: number, dx: number, scratch: number): void;
  maxPool(geometry: number, batch: number, channels: number, x: number, y: number): void;
  averagePool(geometry: number, batch: number, channels: number, x: number, y: number): void;
  maxPoolGradient(
    geometry: number,
    batch: number,
    channels: number,
    dy: number,
    x: number,
    y: number,
    dx: number,
    relu: boolean,
  ): void;
  averagePoolGradient(geometry: number, batch: number, channels: number, dy: number, dx: number): void;
  matMul(
    a: number,
    b: number,
    c: number,
    rows: number,
    inner: number,
    columns: number,
    transposeA: boolean,
    transposeB: boolean,
    scratch: number,
  ): void;
  binary(
    kind: number,
    a: number,
    b: number,
    c: number,
    rows: number,
    columns: number,
    repeat: number,
    swapped: boolean,
  ): void;
  normalize(
    x: number,
    mean: number,
    factor: number,
    offset: number,
    y: number,
    rows: number,
    channels: number,
  ): void;
  batchNormSums(
    dy: number,
    x: number,
    mean: number,
    sums: number,
    products: number,
    rows: number,
    channels: number,
  ): void;
  reluGradient(dy: number, x: number, dx: number, size: number): void;
  sumColumns(matrix: number, sums: number, rows: number, columns: number, scale: number): void;
}
