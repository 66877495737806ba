/** Set in the flags of a completion behind which more will come: IORING_CQE_F_MORE. */
const MORE = 2;

/**
 * Something that the kernel does and tells the end of. It may be begun again when it is over. The
 * kernel knows it by a number, which is its place in a table until it is removed from there.
 */
export abstract class Operation {
  readonly id: number;
  /** Whether it is under way. */
  active = false;

  private readonly table: OperationTable;

  constructor(table: OperationTable) {
    this.table = table;
    this.id = table.add(this);
  }

  /** Its number may be another one's from now on. It must not be under way. */
  remove(): void {
    this.table.remove(this.id);
  }

  /**
   * Called for each completion. It may wake greenlets, but lets none run.
   * @param result what the system call would have returned, or a negated errno.
   * @param offset of what was received.
   */
  abstract complete(result: number, offset: number): void;
}

/** All operations of a ring. */
export class OperationTable {
  private readonly operations: (Operation | null)[] = [];
  private readonly free: number[] = [];

  add(operation: Operation): number {
    const id = this.free.pop() ?? this.operations.length;
    this.operations[id] = operation;
    return id;
  }

  remove(id: number): void {
    this.operations[id] = null;
    this.free.push(id);
  }

  /** Operations that are not removed. */
  get size(): number {
    return this.operations.length - this.free.length;
  }

  complete(id: number, result: number, flags: number, offset: number): void {
    const operation = this.operations[id] as Operation;
    if ((flags & MORE) === 0) operation.active = false;
    operation.complete(result, offset);
  }
}
