// Starts the app.

import { render } from "solid-js/web";
import { resume } from "./api/session";
import { App } from "./app";
import "./styles/base.css";
import "./styles/kit.css";
import "./styles/overlay.css";
import "./styles/shell.css";
import "./theme/themes.css";

const root = document.getElementById("app");
if (root === null) {
  throw new Error("index.html has no element with the id app");
}
render(() => <App />, root);
void resume();
