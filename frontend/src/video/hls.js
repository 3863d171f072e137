// What plays streams where a browser does not by itself: a script of its own, loaded when something is about to be played.
export { default } from "hls.js";
