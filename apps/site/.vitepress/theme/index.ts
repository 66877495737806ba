import DefaultTheme from "vitepress/theme";
import type { Theme } from "vitepress";
import SwitchingStage from "./SwitchingStage.vue";
import WaitingCosts from "./WaitingCosts.vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component("SwitchingStage", SwitchingStage);
    app.component("WaitingCosts", WaitingCosts);
  },
} satisfies Theme;
