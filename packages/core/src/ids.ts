/** Small numbers, handed out lowest-recently-freed first and used again once given back. */
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
