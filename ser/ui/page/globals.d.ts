// What gradio's page and the app's own scripts put on `window`, and what a `gr.HTML` gives to its script.

/** A call of the Python function of that name; see `server_functions` of the widget. */
type ServerFunctions = Record<string, (request?: any) => Promise<any>>;

interface Widget {
  element: HTMLElement;
  trigger: (event: string, data?: any) => void;
  props: Record<string, any>;
  server: ServerFunctions;
  upload: (file: File) => Promise<{ path: string; url: string }>;
  watch: (prop: string | string[], listener: () => void) => void;
}

interface Window {
  gradio_config?: { root?: string; max_file_size?: number | null; [key: string]: any };
  awaitedAnswers: Set<string>;
  inspect: any;
  [name: string]: any;
}
