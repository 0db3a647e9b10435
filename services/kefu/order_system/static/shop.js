/**
 * Tells Kefu's widget who is signed in at the shop.
 *
 * The widget is loaded later. Until then calls of kefu() wait in kefu.q, and the widget makes up for them. Who was
 * signed in when a page was last shown is remembered: once nobody is any more, the widget has to forget the customer.
 */
window.kefu =
  window.kefu ||
  function () {
    (window.kefu.q = window.kefu.q || []).push(arguments);
  };

(() => {
  const REMEMBERED = "shop.customer";

  async function identify() {
    const customer = document.body.dataset.customer;
    const before = localStorage.getItem(REMEMBERED);
    if (customer) {
      const response = await fetch("/identity-token", { method: "POST" });
      if (!response.ok) return; // signed out in another tab meanwhile: the next page says so
      const { token } = await response.json();
      window.kefu("identify", token);
      localStorage.setItem(REMEMBERED, customer);
    } else if (before) {
      window.kefu("identify", null);
      localStorage.removeItem(REMEMBERED);
    }
  }

  document.addEventListener("DOMContentLoaded", () => void identify());
})();
