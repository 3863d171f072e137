// Links to what belongs to the conversation that the page shows. Without one they lead nowhere, and are not shown.

import { address } from "./api.js";

/** Each link names its address, with the zero UUID where the conversation belongs, in `data-here`. */
export function leadHere(links, place) {
  const lead = () => {
    for (const link of links) {
      link.hidden = !place.conversation;
      if (place.conversation) link.href = address(link.dataset.here, place.conversation);
    }
  };
  place.addEventListener("moved", lead);
  lead();
}
