// What a descriptor is ready for; native/readiness.h has the same numbers.

export const READ = 1;
export const WRITE = 2;
/**
 * The end of the stream, an error, or urgent data: that less came than was asked for does not mean
 * that nothing is left.
 */
export const END = 4;

export type Direction = typeof READ | typeof WRITE;
