// Debian's libxml2 is built with ICU and its headers then include ICU's, which clash with those Foundation carries.
// Only a structure not used here (xmlCharEncodingHandler) depends on it.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
