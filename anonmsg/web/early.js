// In the first HTML, so that a draft is kept from the first letter on, and what is sent before the app is there has the
// browser's mark; the app's script (assets/send.js) goes on with both.
(() => {
  const page = document.getElementById("first");
  const area = document.getElementById("content");
  const key = document.getElementById("key");
  const name = page.dataset.name.toLowerCase();
  const place = `anonmsg-draft:${name}`;
  const sentPlace = `anonmsg-sent:${name}`;
  // The app scrolls to the top as it starts, which would take this page from under who reads or writes in it.
  const { scrollTo } = window;
  window.scrollTo = (...to) => page.isConnected || scrollTo(...to);
  area?.form.addEventListener("submit", (event) => {
    if (!navigator.onLine) {
      event.preventDefault();
      area.form.querySelector(".banner").textContent =
        "No connection. Your message is kept here and can be sent when you are back";
    }
    if (event.defaultPrevented || event.submitter?.name) return; // this is no message, or the app sends it
    try {
      // Who comes back to a form that was sent may send it again: with its key that is the same message.
      history.replaceState({ ...history.state, sent: key.value }, "");
      sessionStorage.setItem(sentPlace, key.value);
      let mark = JSON.parse(localStorage.getItem("anonmsg-mark") || "null");
      if (!mark || Date.now() - mark.at >= 2592000000) {
        const bits = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
        mark = { value: bits.replace(/\+/g, "-").replace(/\//g, "_").slice(0, 22), at: Date.now() };
        localStorage.setItem("anonmsg-mark", JSON.stringify(mark));
      }
      area.form.elements.mark.value = mark.value;
    } catch {
      // Storage is switched off: there is no mark.
    }
  });
  // Who copies the address or reloads the page is not told again that something was sent.
  if (page.dataset.sent !== undefined) history.replaceState(history.state, "", location.pathname);
  try {
    let draft = JSON.parse(sessionStorage.getItem(place) || "null");
    const sent = sessionStorage.getItem(sentPlace);
    const isSent = page.dataset.sent !== undefined && sent && draft?.key === sent;
    if (draft && (isSent || Date.now() - draft.at >= 86400000)) {
      sessionStorage.removeItem(place);
      draft = null;
    }
    if (area && history.state?.sent) key.value = history.state.sent;
    if (area && !area.value && draft) {
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
