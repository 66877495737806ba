import { type ArchiveOptions, planArchive } from "./archive/plan.js";
import { CsvFile } from "./csv.js";
import { JsonlFile } from "./jsonl.js";
import type { CrawlOptions } from "./options.js";
import { type FileOutput, OutputError, PAGE_COLUMNS, SKIPPED_COLUMNS } from "./output.js";
import type { OutputPlan } from "./outputs.js";

export type OutputOptions = Pick<
  CrawlOptions,
  "output" | "items" | "itemColumns" | "skipped" | "links" | "format"
> &
  ArchiveOptions;

/** Which outputs a crawl has, and in what format. */
export function planOutputs(options: OutputOptions): OutputPlan[] {
  const { output, items, itemColumns, skipped, links } = options;
  const plan = (
    name: string,
    given: OutputPlan["given"] | boolean,
    columns: readonly string[] | undefined,
    isDefault: boolean,
  ): OutputPlan => ({
    name,
    given: typeof given === "boolean" ? undefined : given,
    inFolder: isDefault || given === true ? nameInFolder(name, options) : null,
    open: (file, keep) => open(file, keep, columns, options),
  });
  return [
    plan("pages", output, PAGE_COLUMNS, true),
    plan("items", items, itemColumns, true),
    plan("skipped", skipped, SKIPPED_COLUMNS, false),
    {
      name: "links",
      given: links,
      inFolder: null,
      isWhole: true,
      open: (file, keep) => new JsonlFile(file, keep),
    },
    planArchive(options),
  ];
}

/**
 * The same outputs of one worker of several, from which the job's are made: in its folder. An
 * archive is none of them.
 */
export function planJournals(options: OutputOptions): OutputPlan[] {
  return planOutputs(options)
    .filter(({ name }) => name !== "warc")
    .filter(({ given, inFolder }) => given !== undefined || inFolder !== null)
    .map(({ name }) => ({
      name,
      given: undefined,
      inFolder: `${name}.jsonl`,
      open: (file, keep) => new JsonlFile(file, keep),
    }));
}

/** The name of an output in a job's folder, unless another is given. */
export function nameInFolder(name: string, { format = "jsonl" }: OutputOptions): string {
  return `${name}.${format}`;
}

/** Whether an output is CSV: by its name, or by the format where that does not say. */
export function isCsv(file: string | undefined, format: OutputOptions["format"]): boolean {
  const [, extension = format] = /\.(csv|jsonl)$/i.exec(file ?? "") ?? [];
  return extension?.toLowerCase() === "csv";
}

function open(
  file: string,
  keep: number,
  columns: readonly string[] | undefined,
  { format }: OutputOptions,
): FileOutput<never> {
  if (!isCsv(file, format)) return new JsonlFile(file, keep);
  if (columns !== undefined) return new CsvFile(file, keep, columns);
  throw new OutputError(
    `${file} would be CSV, whose columns must be known: name them (itemColumns), ` +
      `or give a name that ends in .jsonl`,
  );
}
