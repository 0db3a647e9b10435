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

  /** A new token each time: the widget asks for one when it needs it, long after the page was loaded perhaps. */
  async function token() {
    const response = await fetch("/identity-token", { method: "POST" });
    if (response.status === 401) return null; // signed out in another tab meanwhile
    if (!response.ok) throw new Error(`/identity-token answered with status ${response.status}`);
    return (await response.json()).token;
  }

  function identify() {
    const customer = document.body.dataset.customer;
    if (customer) {
      window.kefu("identify", token);
      localStorage.setItem(REMEMBERED, customer);
    } else if (localStorage.getItem(REMEMBERED)) {
      window.kefu("identify", null);
      localStorage.removeItem(REMEMBERED);
    }
  }

  document.addEventListener("DOMContentLoaded", identify);
})();
