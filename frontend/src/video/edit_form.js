// The page where a video is edited: fields that belong to one choice are shown with it alone.

const BELONGS = { password: ["privacy", "password"], people: ["privacy", "people"], embed_hosts: ["embed", "hosts"] };

export function editVideo(form) {
  if (!form) return;
  const apply = () => {
    for (const [name, [choice, value]] of Object.entries(BELONGS)) {
      form.elements[name].closest(".field").hidden = form.elements[choice].value !== value;
    }
  };
  form.addEventListener("change", apply);
  apply();
}
