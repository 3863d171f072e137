// Beside a video: comments, the like, and the lists it is put into.

import { followComments } from "./comments.js";
import { followLike, followSave } from "./saving.js";

followComments(document);
for (const form of document.querySelectorAll("[data-like]")) followLike(form);
for (const menu of document.querySelectorAll("[data-save]")) followSave(menu);
