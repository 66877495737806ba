import { byId, setText } from "../../dashboard/page/dom.js";

const THEMES = ["auto", "light", "dark"] as const;
const NAMES = { auto: "Auto", light: "Light", dark: "Dark" };

/** Light, dark, or as the system: the next of them each time the button is pressed. */
export function startTheme(): void {
  const button = byId("theme");
  let chosen = 0;
  const apply = (): void => {
    const theme = THEMES[chosen]!;
    const root = document.documentElement;
    if (theme === "auto") delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
    setText(button, NAMES[theme]);
    button.setAttribute("aria-label", `Appearance: ${NAMES[theme]}`);
  };
  button.addEventListener("click", () => {
    chosen = (chosen + 1) % THEMES.length;
    apply();
  });
  apply();
}
