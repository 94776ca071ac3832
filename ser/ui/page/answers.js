// What a widget asks the app itself. Where the app does not answer, gradio throws, or gives nothing.
window.answerTo = async (asked, silent = "The app does not answer: is it still running?") => (await asked.catch(() => null)) ?? { problem: silent };
