// @ts-check
// The page's first script: it runs before gradio's own, which are modules too and come after it.
import { node, saveFile } from "./dom.js";

Object.assign(window, { dom: { node, saveFile } });
