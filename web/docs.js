'use strict';

SwaggerUIBundle({
  url: 'api/v1/openapi.json',
  dom_id: '#api',
  // The badge would send the address of this host to a validator elsewhere.
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  onComplete() {
    const title = document.querySelector('#api .info .title');
    if (title && title.firstChild) {
      document.title = title.firstChild.textContent.trim();
    }
  },
});
