/* The Spec and README.TXT that every archive carries, as bytes in the program. */
#ifndef CSPECTEXT_H
#define CSPECTEXT_H
#include <stddef.h>
typedef struct {
    const unsigned char *bytes;
    size_t length;
} spec_text;

/* README.TXT. */
spec_text spec_text_readme(void);
/* Page number `index` of SPEC.md, in order; length 0 behind the last. */
spec_text spec_text_page(size_t index);
#endif
