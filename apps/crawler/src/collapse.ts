/** Text with one blank where there was white space, and none at its ends. */
export function collapse(text: string): string {
  return text.split(/\s/).filter(Boolean).join(" ");
}
