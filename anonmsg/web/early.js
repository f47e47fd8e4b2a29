// In the first HTML, so that a draft is kept from the first letter on; the app's script (assets/send.js) goes on with it.
(() => {
  const page = document.getElementById("first");
  const area = document.getElementById("content");
  const key = document.getElementById("key");
  const place = `anonmsg-draft:${page.dataset.name.toLowerCase()}`;
  area?.form.addEventListener("submit", (event) => {
    if (event.submitter?.name) return; // this is no message
    try {
      const kept = JSON.parse(localStorage.getItem("anonmsg-mark")); // the app's script makes it
      if (Date.now() - kept.at < 2592000000) area.form.elements.mark.value = kept.value;
    } catch {
      // There is none, or storage is switched off.
    }
  });
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
