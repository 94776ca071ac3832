// What gradio's page and the app's own scripts put on `window`, and what a `gr.HTML` gives to its script.

/** A call of the Python function of that name, whose answer its caller describes; see `server_functions` of the widget. */
type ServerFunctions = Record<string, (request?: any) => Promise<any>>;

interface Widget {
  element: HTMLElement;
  trigger: (event: string, data?: unknown) => void;
  props: Record<string, any>;
  server: ServerFunctions;
  upload: (file: File) => Promise<{ path: string; url: string }>;
  watch: (prop: string | string[], listener: () => void) => void;
}

type Emitter = import("../viewer/scripts/events.js").Emitter<
  import("../viewer/scripts/events.js").ViewerEvents
>;
type Opening = import("../viewer/scripts/open.js").Opening;
type Viewer = import("../viewer/scripts/viewer.js").Viewer;

/** The viewer, for the desk, the Inspect tab and the tests. */
interface Inspect {
  readonly panes: Viewer["panes"];
  readonly current: Viewer["current"];
  readonly player: Viewer["player"];
  on: Emitter["on"];
  emit: Emitter["emit"];
  open: Opening["openSound"];
  close: Opening["closePane"];
  goOnFrom: typeof import("../viewer/scripts/tools/region/phrases.js").goOnFrom;
  setLabels: typeof import("../viewer/scripts/tools/label_track.js").setLabels;
  hideScores: (hide: boolean) => void;
}

interface Window {
  gradio_config?: {
    root?: string;
    max_file_size?: number | null;
    components?: { type: string; props?: Record<string, any> }[];
  };
  awaitedAnswers: Set<string>; // for tests
  inspect?: Inspect; // once the Inspect tab has been drawn
  take?: import("../record/scripts/newest_take.js").Take; // the newest one; the text of gradio's events sends it
}
