// @ts-check
// The page's first script. It runs before gradio's own, because modules run in the order of the page.
import "./microphone.js";
import { openInInspect } from "../inspect/inspect.js";
import { recorder } from "../record/newest_take.js";
// The scripts of the tab that is shown first: they are here before gradio draws it, so that no early click is lost.
import "../parts/timeline.js";
import "../record/live.js";
import "../record/microphone_note.js";
import "../record/my_voice.js";
import "../record/recorder.js";
import "../takes/side_by_side.js";
import "../takes/sitting.js";
import { node, saveFile } from "./dom.js";
import { showHelp } from "./help.js";
import { remembered } from "./remembered.js";
import { answerTo } from "./server.js";
import * as shortcuts from "./shortcuts.js";
import { completeStreams } from "./stream.js";
import { chooseTheme, paint } from "./view.js";

completeStreams();
shortcuts.listenForKeys();

// For scripts in the text of gradio's events, which cannot import.
Object.assign(window, {
  dom: { node, saveFile },
  answerTo,
  remembered,
  shortcuts: { ...shortcuts, help: showHelp },
  appearance: { choose: chooseTheme, paint },
  openInInspect,
  recorder,
});
