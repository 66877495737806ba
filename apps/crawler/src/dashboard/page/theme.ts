import { byId, setText } from "./dom.js";

const KEY = "theme";
const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

/** Light, dark, or as the system: one after the other, and kept in this browser. */
export class ThemeChoice {
  private theme: Theme;

  constructor() {
    const kept = localStorage.getItem(KEY);
    this.theme = THEMES.find((theme) => theme === kept) ?? "auto";
    byId("theme").addEventListener("click", () => this.next());
    this.apply();
  }

  next(): void {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length]!;
    localStorage.setItem(KEY, this.theme);
    this.apply();
  }

  private apply(): void {
    const root = document.documentElement;
    if (this.theme === "auto") delete root.dataset["theme"];
    else root.dataset["theme"] = this.theme;
    const name = { auto: "Auto", light: "Light", dark: "Dark" }[this.theme];
    setText(byId("theme"), name);
    byId("theme").setAttribute("aria-label", `Appearance: ${name}`);
  }
}
