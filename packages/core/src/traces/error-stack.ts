/** Frames that were added to an error's stack, and the object they belong to. */
interface Section {
  readonly of: WeakRef<object>;
  readonly text: string;
}

interface Story {
  /** The stack it had first. */
  readonly own: string;
  sections: readonly Section[];
  /** The stack it was given last. */
  written: string;
}

const stories = new WeakMap<Error, Story>();

/** The most sections of an error. When there are more, the first ones and the newest one stay. */
const MOST = 4;

/**
 * Adds frames to an error's stack, under a heading. Many calls may get the same error, for example
 * that of a promise that is kept. Each call sees its own frames and not those of earlier calls, so
 * no stack grows without end.
 * @param of where the error came from. What was added since it last came from there is removed.
 */
export function addToStack(error: unknown, heading: string, of: object, frames: string[]): void {
  if (frames.length === 0) return;
  try {
    if (!(error instanceof Error)) return;
    const { stack } = error;
    if (typeof stack !== "string") return;
    const story = stories.get(error) ?? { own: stack, sections: [], written: stack };
    if (story.written !== stack) return; // somebody else has written it since
    const last = story.sections.findIndex((section) => section.of.deref() === of);
    const kept = last >= 0 ? last : story.sections.length < MOST ? MOST : MOST / 2;
    const text = [`    -- ${heading} --`, ...frames].join("\n");
    story.sections = [...story.sections.slice(0, kept), { of: new WeakRef(of), text }];
    story.written = [story.own, ...story.sections.map((section) => section.text)].join("\n");
    // Unlike an assignment, this does not throw where the stack is read-only.
    if (Reflect.set(error, "stack", story.written)) stories.set(error, story);
  } catch {
    // A stack that cannot even be read stays as it is.
  }
}
