// A file of its own, because the content security policy allows no inline scripts.
// The key that a person enters is forgotten with the page (persistAuthorization is off).
window.addEventListener("load", () => {
  const page = document.getElementById("api");
  window.SwaggerUIBundle({
    url: page.dataset.schema,
    domNode: page,
    deepLinking: true,
    displayRequestDuration: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
});
