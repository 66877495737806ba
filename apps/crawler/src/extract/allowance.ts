/** How much may be taken of one page: elements within each other have the same text many times. */
export class Allowance {
  private readonly most: number;
  private spent = 0;

  /** @param most characters */
  constructor(most: number) {
    this.most = most;
  }

  /** @returns the text. @throws RangeError when it is too much */
  take(text: string): string {
    this.spent += text.length;
    if (this.spent <= this.most) return text;
    throw new RangeError(`more than ${this.most} characters are extracted from one page`);
  }
}
