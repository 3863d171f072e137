// What the chat's page needs of prompts, once somebody uses one.
export { askVariables } from "./prompt_form.js";
export { showRead } from "./prompt_read.js";
