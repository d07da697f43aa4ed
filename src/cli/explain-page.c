#include "cli/explain-page.h"

#include <stddef.h>

#include "cli/explain-markdown.h"
#include "cli/explain-schema.h"

const struct explain_page explain_pages[] = {
    { "markdown", "annotations", explain_markdown_annotations },
    { "markdown", "metrics", explain_markdown_metrics },
    { "markdown", "options", explain_markdown_options },
    { "markdown", "reasons", explain_markdown_reasons },
    { "schema", "options", explain_schema_options },
    { "variables", "options", explain_variables_options },
    { NULL, NULL, NULL },
};
