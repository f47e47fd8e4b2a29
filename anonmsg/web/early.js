// In the first HTML, so that a draft is kept from the first letter on; the app's script (assets/send.js) goes on with it.
(() => {
  const page = document.getElementById("first");
  const area = document.getElementById("content");
  const key = document.getElementById("key");
  const place = `anonmsg-draft:${page.dataset.name.toLowerCase()}`;
  try {
    if (page.dataset.sent !== undefined) sessionStorage.removeItem(place);
    const draft = JSON.parse(sessionStorage.getItem(place) || "null");
    if (area && !area.value && draft && Date.now() - draft.at < 86400000) {
      area.value = draft.text;
      if (draft.key) key.value = draft.key;
    }
    area?.addEventListener("input", () => {
      if (area.value) sessionStorage.setItem(place, JSON.stringify({ text: area.value, key: key.value, at: Date.now() }));
      else sessionStorage.removeItem(place);
    });
  } catch {
    // Storage is switched off: the text stays in the field, only a reload would lose it.
  }
})();
