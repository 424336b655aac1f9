#include "CSpecText.h"

/* #embed is C23; the compiler has it in every mode. */
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char readme[] = {
#embed "README.TXT"
};
static const unsigned char format[] = {
#embed "../../Spec/format.md"
};
static const unsigned char cryptography[] = {
#embed "../../Spec/cryptography.md"
};
static const unsigned char schema[] = {
#embed "../../Spec/schema.cddl"
};
static const unsigned char errors[] = {
#embed "../../Spec/errors.md"
};

spec_text spec_text_readme(void) {
    spec_text text = {readme, sizeof readme};
    return text;
}

spec_text spec_text_page(size_t index) {
    const spec_text pages[] = {
        {format, sizeof format},
        {cryptography, sizeof cryptography},
        {schema, sizeof schema},
        {errors, sizeof errors},
    };
    const spec_text none = {readme, 0};
    return index < sizeof pages / sizeof pages[0] ? pages[index] : none;
}
