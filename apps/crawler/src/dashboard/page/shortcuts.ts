/** Keys without Ctrl, Alt or Meta, while nobody writes and no dialog is open. */
export function onShortcuts(actions: Readonly<Record<string, () => void>>): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") !== null || isWriting(event.target)) return;
    const action = actions[event.key.toLowerCase()];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type !== "radio";
}
