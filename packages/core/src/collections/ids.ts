/**
 * Hands out small numbers. The one that was given back last comes first; a new one only comes when
 * none is free.
 */
export class Ids {
  private readonly free: number[] = [];
  private next = 1;

  take(): number {
    return this.free.pop() ?? this.next++;
  }

  giveBack(id: number): void {
    this.free.push(id);
  }
}
