// A file of its own, because the page's policy allows no script inside it.
SwaggerUIBundle({
  url: "/docs/openapi.json",
  dom_id: "#interface",
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: null,
});
