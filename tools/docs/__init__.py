"""What is generated under docs/: the OpenAPI document, a page on the control API and the table of codes."""
