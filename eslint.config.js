import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["node_modules/", "runs/", "**/*.py"] },
  js.configs.recommended,
  {
    files: ["ser/ui/**/*.js"],
    languageOptions: { sourceType: "module", globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-implicit-globals": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  { files: ["tests/js/**/*.js", "*.js"], languageOptions: { sourceType: "module", globals: globals.node } },
];
