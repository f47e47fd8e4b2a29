// The one button of the poster.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
