import { http } from "./http.js";
import { mount } from "./play.js";

mount(document.getElementById("play"), http());
