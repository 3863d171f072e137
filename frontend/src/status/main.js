// Says that the page is old, where the front server shows a copy of it because the site does not answer.
const old = document.querySelector("[data-written]");
const MINUTES = 5;

function look() {
  old.hidden = Date.now() / 1000 - Number(old.dataset.written) < MINUTES * 60;
}

if (old) {
  look();
  setInterval(look, 30_000);
}
