// @ts-check
// The page's first script. It runs before gradio's own, because modules run in the order of the page.
import "./language.js"; // first: gradio reads the language when it starts
import "./header.js";
import "./help.js";
import "./microphone.js";
import "./view.js";
import "../inspect/inspect.js";
// The scripts of the tab that is shown first: they are here before gradio draws it, so that no early click is lost.
import "../parts/stage.js";
import "../parts/take_along.js";
import "../parts/timeline.js";
import "../record/scripts/live.js";
import "../record/scripts/microphone_note.js";
import "../record/scripts/my_voice.js";
import "../record/scripts/recorder.js";
import "../takes/side_by_side.js";
import "../takes/sitting.js";
import "../tour/tour.js";
import { recorder } from "../record/scripts/newest_take.js";
import { keepPresses } from "./presses.js";
import * as shortcuts from "./shortcuts.js";
import { completeStreams } from "./stream.js";

// Those of the other tabs follow without being waited for: they are here by the time that a person opens a tab.
import("../many/scripts/many.js");
import("../viewer/scripts/start.js");
import("../desk/scripts/start.js");
import("../desk/scripts/agreement/agreement.js");
import("../dataset/dataset.js");
import("../dataset/splits.js");
import("../results/results.js");

completeStreams();
keepPresses();
shortcuts.listenForKeys();

// For the text of gradio's events, which cannot import, and for tests.
Object.assign(window, { shortcuts, recorder });
